import { DashboardDatabase } from '../../local/page/data/database';
import { Random } from '../../simulator/src/random';
import type { BenchDatabase } from '../server';
import { Choices } from './choices';
import type { Reader } from './readers';

/** Times of one reader on each database, in milliseconds. */
export interface Timed {
  readonly reader: Reader;
  readonly small: readonly number[];
  readonly large: readonly number[];
}

/** Untimed runs that fetch the pages and plans of a reader. */
const WARM_UP = 20;

/**
 * Times every reader with random choices, as the read-only roles, through the page's own connections. The two databases take turns
 * run by run, so that drift of the machine hits both alike.
 */
export async function timeReaders(
  readers: readonly Reader[],
  databases: Readonly<Record<'small' | 'large', BenchDatabase>>,
  runs: number,
): Promise<Timed[]> {
  const small = await Side.open(databases.small);
  const large = await Side.open(databases.large);
  try {
    const timed: Timed[] = [];
    for (const reader of readers) {
      const times = { reader, small: [] as number[], large: [] as number[] };
      for (let run = -WARM_UP; run < runs; run++) {
        const [a, b] = [await small.time(reader), await large.time(reader)];
        if (run < 0) continue;
        times.small.push(a);
        times.large.push(b);
      }
      timed.push(times);
    }
    return timed;
  } finally {
    await small.database.close();
    await large.database.close();
  }
}

class Side {
  private readonly random = new Random(1);

  private constructor(
    readonly database: DashboardDatabase,
    private readonly choices: Choices,
  ) {}

  static async open(database: BenchDatabase): Promise<Side> {
    const urls = { educator: database.url('educator'), admin: database.url('admin') };
    const fail = (error: Error): never => {
      throw error;
    };
    return new Side(new DashboardDatabase(urls, fail), await Choices.read(database));
  }

  async time(reader: Reader): Promise<number> {
    const choice = this.choices.draw(this.random);
    const start = performance.now();
    await reader.run(this.database, choice);
    return performance.now() - start;
  }
}
