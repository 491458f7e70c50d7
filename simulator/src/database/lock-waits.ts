import type { Client } from 'pg';
import type { Logger } from '../logger';

/** SQLSTATEs of a statement that gave up on a lock: `lock_not_available` and `deadlock_detected`. */
const GAVE_UP = ['55P03', '40P01'];

export const gaveUpOnLock = (error: unknown): boolean =>
  GAVE_UP.includes((error as { code?: string } | null)?.code ?? '');

/** A session that holds what another one waits for. */
export interface Blocker {
  readonly pid: number;
  /** Null where the session has just ended. */
  readonly role: string | null;
}

/** Finds out for people who a session waits for, on a connection of its own. */
export class LockWatch {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<readonly Blocker[]> = Promise.resolve([]);

  /**
   * @param pid the server's process id of the session
   * @param connect opens the connection that asks
   */
  constructor(
    private readonly pid: number,
    private readonly connect: () => Promise<Client>,
    private readonly log: Logger,
  ) {}

  /** Looks once, after `delayMs`: so late that a lock which is soon free is none of them, and before the session gives up. */
  start(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.looking = this.look().catch((err: Error) => {
        this.log.warn({ err }, 'cannot find out who holds a lock');
        return [];
      });
    }, delayMs);
  }

  /** Ends the watch. @returns those that the session waited for */
  stop(): Promise<readonly Blocker[]> {
    clearTimeout(this.timer);
    return this.looking;
  }

  private async look(): Promise<readonly Blocker[]> {
    const client = await this.connect();
    try {
      const { rows } = await client.query<Blocker>(
        'select b.pid, a.usename as role from unnest(pg_blocking_pids($1)) b (pid) left join pg_stat_activity a using (pid)',
        [this.pid],
      );
      return rows;
    } finally {
      await client.end();
    }
  }
}
