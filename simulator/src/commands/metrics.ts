import { collectDefaultMetrics } from 'prom-client';
import { ConfigError, type SimulatorConfig } from '../config';
import { watchCertificates } from '../exporter/certificates';
import { Exporter } from '../exporter/exporter';
import { startHealthServer } from '../http/server';
import { createLogger } from '../logger';

/** Serves what only the database knows as metrics, and when certificates end, until `signal` is aborted. It needs no simulator to run. */
export async function runMetrics(config: SimulatorConfig, signal: AbortSignal): Promise<void> {
  if (config.http === undefined) throw new ConfigError(['HTTP_PORT: is off, but metrics are read over HTTP']);
  const log = createLogger(config.logLevel).child({ component: 'exporter' });
  const exporter = new Exporter(config.database, { log });
  collectDefaultMetrics({ register: exporter.registry });
  if (config.certificatesDirectory !== undefined)
    watchCertificates(config.certificatesDirectory, exporter.registry, log);
  const server = await startHealthServer({
    ...config.http,
    metrics: exporter.registry,
    // Figures that are old are better than none: only the first answer is waited for.
    readiness: () => ({ waitingFor: exporter.waitingFor }),
  });
  log.info({ port: server.port }, 'exporter listens');
  try {
    await exporter.run(signal);
  } finally {
    await server.close();
  }
}
