import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { boundedClock, type Clock, type MachineTime, machineTime, shiftedClock } from '../clock';
import type { SimulatorConfig } from '../config';
import { IncompatibleDatabase } from '../database/compatible';
import { Session } from '../database/session';
import { errorText } from '../error-text';
import { createLogger, type Logger } from '../logger';
import { MINUTE_MS } from '../model/day';
import { StreamRefused } from './errors';
import { STAY_LOCKED } from './leases';
import { IngestMetrics } from './metrics';
import { RollUpWorker } from './roll-up';
import { pause, Schedule } from './schedule';
import { Ticker } from './ticker';

/** Pause before a lost connection is opened again; it doubles with each failure in a row. */
const RECONNECT_MS = 50;
const LONGEST_RECONNECT_MS = 1000;
/** How long a replica that ends tries to give its shards back; much less than the lease that the others would have to wait for. */
const LEAVE_MS = 5000;

/** What `/readyz` reports. */
export interface ReplicaState {
  /** Why the replica is not ready; undefined when it is. */
  readonly waitingFor?: string;
  readonly shards: number;
}

/** All optional: the command line takes the defaults, tests and the local run bring their own. */
export interface ReplicaOptions {
  /** Stream time. @default as configured */
  readonly clock?: Clock;
  readonly machine?: MachineTime;
  readonly log?: Logger;
  readonly metrics?: IngestMetrics;
  /** Called at each change. */
  readonly onState?: (state: ReplicaState) => void;
}

/** Stream time as configured. */
export const clockOf = ({ clock }: SimulatorConfig, machine?: MachineTime): Clock =>
  clock === undefined ? boundedClock(machine) : shiftedClock(clock, machine);

/** Unique per process: a restarted replica must never be taken for the one before it. */
export const processName = (replica: string): string => `${replica}/${randomBytes(3).toString('hex')}`;

/**
 * Runs one replica until `signal` is aborted; then it finishes its batch and gives its shards back. A database that is away is
 * waited for.
 * @throws StreamRefused, IncompatibleDatabase if waiting cannot help
 */
export async function runReplica(
  config: SimulatorConfig,
  signal: AbortSignal,
  options: ReplicaOptions = {},
): Promise<void> {
  const replica = processName(config.ingest.replica);
  const log = (options.log ?? createLogger(config.logLevel)).child({ replica });
  const metrics = options.metrics ?? new IngestMetrics();
  const applicationName = `edtech-simulator ${replica}`.slice(0, 63);
  const setState = options.onState ?? (() => undefined);
  const machine = options.machine ?? machineTime;
  const ticker = new Ticker(config, replica, options.clock ?? clockOf(config, machine), machine, metrics, log);
  const rollUp = config.ingest.rollUp ? new RollUpWorker(config.database, applicationName, metrics, log) : undefined;
  const schedule = new Schedule(config.ingest.tickMs);
  let session: Session | undefined;
  let failures = 0;
  log.info({ tickMs: config.ingest.tickMs, leaseMs: config.ingest.leaseMs }, 'replica started');
  while (!signal.aborted) {
    const end = metrics.tickSeconds.startTimer();
    try {
      if (!session?.usable) {
        session = await open(config, applicationName);
        await ticker.prepare(session);
      }
      const behind = await ticker.tick(session, signal);
      rollUp?.notify();
      failures = 0;
      setState({ waitingFor: ticker.waitingFor, shards: ticker.shards });
      end();
      if (!behind) await schedule.next(signal);
    } catch (err) {
      if (err instanceof StreamRefused || err instanceof IncompatibleDatabase) {
        setState({ waitingFor: err.message, shards: 0 });
        await session?.close();
        await rollUp?.stop();
        throw err;
      }
      metrics.batches.inc({ result: 'failed' });
      log.warn({ err, failures }, 'tick failed, the watermarks are read again');
      setState({ waitingFor: errorText(err), shards: ticker.shards });
      // Whatever the state of the session: a new one knows nothing that is not committed.
      session?.destroy();
      await pause(Math.min(RECONNECT_MS * 2 ** failures++, LONGEST_RECONNECT_MS), signal);
    }
  }
  if (session !== undefined) await leave(ticker, session, () => open(config, applicationName), log);
  await rollUp?.stop();
  log.info('replica stopped');
}

async function open(config: SimulatorConfig, applicationName: string): Promise<Session> {
  return Session.open(config.database, applicationName, {
    // Ends a transaction of a replica that froze between two statements; in the middle of a COPY no timeout does.
    idle_in_transaction_session_timeout: Math.max(config.ingest.leaseMs, MINUTE_MS / 6),
  });
}

/** The last tick may have failed and taken its session along: then with a new one. */
async function leave(ticker: Ticker, last: Session, reopen: () => Promise<Session>, log: Logger): Promise<void> {
  const until = performance.now() + LEAVE_MS;
  let session = last;
  for (;;) {
    try {
      if (!session.usable) session = await reopen();
      const left = await ticker.leave(session);
      if (left.length > 0) log.warn({ shards: left }, STAY_LOCKED);
      await session.close();
      return;
    } catch (err) {
      session.destroy();
      if (performance.now() < until) {
        await sleep(RECONNECT_MS);
        continue;
      }
      log.warn({ err }, 'shards could not be given back, they are taken over when their leases end');
      return;
    }
  }
}
