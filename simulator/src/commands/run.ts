import type { SimulatorConfig } from '../config';
import { startHealthServer, type Readiness } from '../http/server';
import { IngestMetrics } from '../ingest/metrics';
import { runReplica } from '../ingest/replica';
import { createLogger } from '../logger';

/** SIGTERM finishes the batch and gives the shards back within this time; whoever sends it waits longer before SIGKILL. */
const STOP_WITHIN_MS = 5000;

/** A live replica with its health server, until `signal` is aborted. */
export async function run(config: SimulatorConfig, signal: AbortSignal): Promise<void> {
  const log = createLogger(config.logLevel);
  const metrics = new IngestMetrics().collectProcess();
  let readiness: Readiness = { waitingFor: 'the database' };
  const server =
    config.http && (await startHealthServer({ ...config.http, metrics: metrics.registry, readiness: () => readiness }));
  if (server) log.info({ port: server.port }, 'health server listens');
  signal.addEventListener('abort', () => {
    readiness = { waitingFor: 'nothing any more, the replica is stopping' };
    setTimeout(() => {
      log.error(`not stopped within ${STOP_WITHIN_MS} ms, the leases run out by themselves`);
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
  });
  try {
    await runReplica(config, signal, {
      log,
      metrics,
      onState: (state) => {
        if (!signal.aborted) readiness = { ...state };
      },
    });
  } finally {
    await server?.close();
  }
}
