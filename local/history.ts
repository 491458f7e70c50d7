import { ConfigError, readConfig } from '../simulator/src/config';
import { StreamRefused } from '../simulator/src/ingest/errors';
import { backfill } from '../simulator/src/ingest/backfill';

/**
 * Loads the history up to now, in a process of its own so that its memory goes with it. Prints a JSON line per step:
 * `{done, total, events}`, days done of all days and events so far.
 */
async function main(): Promise<void> {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  process.stdin.resume().once('end', () => stop.abort());
  await backfill(readConfig(process.env), {
    to: Date.now(),
    signal: stop.signal,
    onProgress: (progress) => process.stdout.write(`${JSON.stringify(progress)}\n`),
  });
  process.exit(0);
}

const adviceFor = (error: Error): string =>
  error instanceof StreamRefused ? '; --fresh deletes the stream of an earlier run' : '';

main().catch((error: Error) => {
  const refused = error instanceof StreamRefused || error instanceof ConfigError;
  process.stderr.write(`${refused ? error.message : (error.stack ?? error.message)}${adviceFor(error)}\n`);
  process.exit(refused ? 2 : 1);
});
