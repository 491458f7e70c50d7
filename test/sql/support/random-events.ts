import type { DeviceName } from '../../../simulator/src/events/columns';
import { session, type EventRow, type Step } from './events';
import { LESSON_SECONDS, studentId } from './world';

/** Uniform numbers in [0, 1) that are the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Sessions of the students of {@link World} that keep every rule of the event stream, a quarter of them received late.
 * @param from first instant, @param hours the sessions start within
 */
export function randomSessions(seed: number, from: string, hours: number, count: number): EventRow[] {
  const random = seeded(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
  const busyUntil = new Map<number, number>();
  const rows: EventRow[] = [];
  const starts = Array.from({ length: count }, () => Date.parse(from) + Math.floor(random() * hours * 3_600_000)).sort(
    (a, b) => a - b,
  );
  for (const start of starts) {
    const student = studentId(pick([1, 2, 3]), pick([0, 1, 2, 3, 4]));
    if (start <= (busyUntil.get(student) ?? 0)) continue;
    let second = 5;
    const views = [1, 2, 3]
      .filter(() => random() < 0.6)
      .map((lesson) => {
        const length = LESSON_SECONDS[lesson];
        let position = random() < 0.2 ? Math.floor(length / 3) : 0;
        const steps: Step[] = [[second, 'lesson_started', position, 0, Math.floor(random() * 4000)]];
        const stopAt = random() < 0.6 ? length : Math.floor(length * random() * 0.9);
        while (position < stopAt) {
          const watched = Math.min(30, stopAt - position);
          second += watched;
          position += watched;
          if (position < stopAt || position * 100 < length * 95) steps.push([second, 'heartbeat', position, watched]);
          else steps.push([second, 'lesson_completed', position, watched]);
          const chance = random();
          second += 2;
          if (chance < 0.1) steps.push([second, 'paused', position], [(second += 20), 'resumed', position]);
          else if (chance < 0.15) steps.push([second, 'seeked', (position = Math.max(0, position - 20))]);
          else if (chance < 0.2) steps.push([second, 'buffered', position, 0, 1200]);
          if (steps.at(-1)?.[1] === 'seeked' && steps.some(([, kind]) => kind === 'lesson_completed')) break;
        }
        if (!steps.some(([, kind]) => kind === 'lesson_completed')) steps.push([++second, 'abandoned', position]);
        second += 5;
        return { lesson, steps };
      });
    const end = second + 1;
    busyUntil.set(student, start + end * 1000);
    const late =
      random() < 0.25 ? new Date(start + end * 1000 + Math.floor(random() * 70 * 3_600_000)).toISOString() : undefined;
    rows.push(
      ...session({
        student,
        start: new Date(start).toISOString(),
        views,
        end,
        device: pick<DeviceName>(['desktop', 'tablet', 'mobile']),
        receivedAt: late,
      }),
    );
  }
  return rows;
}
