import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger };

/**
 * JSON lines on the standard output, or to `destination`. Errors are logged under `err`; a connection string never is:
 * callers log hosts and names only, and `redact` covers a configuration that is logged whole by mistake.
 * @param level pino's level names
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { app: 'simulator' },
    redact: ['*.password', '*.connectionString', 'password', 'connectionString'],
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Discards everything; for callers that show progress in another way. */
export const silentLogger: Logger = pino({ level: 'silent' });
