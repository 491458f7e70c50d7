import type { BenchContext } from '../context';
import { figure, median, quantile, type Figure } from '../pairs';
import { DAYS, loadDatabase, type LoadedDatabase } from '../panels/load';
import { timeReaders, type Timed } from '../panels/measure';
import { panelReaders } from '../panels/readers';

/** About 1 million and 30 million events of {@link DAYS} days; the large one has 2,000 classrooms. */
const STUDENTS = { small: 1_700, large: 50_000 };
const RUNS = 200;
/** Names that stand beside a figure. */
const NAMED = 4;

/** What a panel costs on a small and on a large platform. */
export async function panels({ server, say, pause }: BenchContext): Promise<Figure[]> {
  say(`panels: loading ${DAYS} days of ${STUDENTS.small} and of ${STUDENTS.large} students`);
  const small = await loadDatabase(server, STUDENTS.small, say);
  const large = await loadDatabase(server, STUDENTS.large, say);
  await pause();
  const readers = panelReaders();
  say(`panels: ${RUNS} runs of ${readers.length} queries on each`);
  const timed = await timeReaders(readers, { small: small.database, large: large.database }, RUNS);
  for (const line of describeAll(timed)) say(line);
  await server.dropDatabase(small.database);
  await server.dropDatabase(large.database);
  return figures(timed, { small, large });
}

type Sizes = Readonly<Record<'small' | 'large', Pick<LoadedDatabase, 'events' | 'students'>>>;

/** The slowest panels, and the one-classroom panels that grow most. @throws Error without any reader of one classroom */
export function figures(timed: readonly Timed[], { small, large }: Sizes): Figure[] {
  const p95 = (side: 'small' | 'large') =>
    worst(
      timed.map((times) => [times.reader.name, quantile(times[side], 0.95)]),
      (ms) => `${ms.toFixed(1)} ms`,
    );
  const growth = worst(
    timed.filter(({ reader }) => reader.oneClassroom).map((times) => [times.reader.name, growthOf(times)]),
    (ratio) => ratio.toFixed(2),
  );
  const sizeOf = ({ events, students }: Sizes['small']) =>
    `${(events / 1e6).toFixed(1)} million events, ${students.toLocaleString('en')} students`;
  const [ofSmall, ofLarge] = [p95('small'), p95('large')];
  return [
    figure(`slowest panel's p95, ${sizeOf(small)}`, 'ms', [ofSmall.value], { atMost: 50 }, ofSmall.named),
    figure(`slowest panel's p95, ${sizeOf(large)}`, 'ms', [ofLarge.value], { atMost: 200 }, ofLarge.named),
    figure('one-classroom panels, highest median large / small', 'ratio', [growth.value], { atMost: 3 }, growth.named),
  ];
}

const growthOf = ({ small, large }: Timed): number => median(large) / median(small);

function worst(
  values: readonly (readonly [string, number])[],
  words: (value: number) => string,
): { value: number; named: Record<string, string> } {
  if (values.length === 0) throw new Error('there is nothing to compare');
  const sorted = [...values].sort(([, a], [, b]) => b - a);
  const named = sorted.slice(0, NAMED).map(([name, value]) => [name, words(value)]);
  return { value: sorted[0][1], named: Object.fromEntries(named) as Record<string, string> };
}

/** One line per reader: medians, 95th percentiles, growth. */
function describeAll(timed: readonly Timed[]): string[] {
  const ms = (values: readonly number[], p: number): string => quantile(values, p).toFixed(1);
  return timed.map(
    (times) =>
      `  ${times.reader.name}: median ${ms(times.small, 0.5)} → ${ms(times.large, 0.5)} ms, ` +
      `p95 ${ms(times.small, 0.95)} → ${ms(times.large, 0.95)} ms, growth ${growthOf(times).toFixed(2)}` +
      (times.reader.oneClassroom ? ' (one classroom)' : ''),
  );
}
