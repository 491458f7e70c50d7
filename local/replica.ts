import { readConfig } from '../simulator/src/config';
import { runReplica } from '../simulator/src/ingest/replica';

/**
 * A live replica of the local run: `simulator run`, but it also ends when its standard input does, that is when the run that
 * started it is gone, however that ended.
 */
async function main(): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGTERM', end);
  process.stdin.resume().once('end', end).once('error', end);
  await runReplica(readConfig(process.env), stop.signal);
  // Standard input may still be open.
  process.exit(0);
}

void main();
