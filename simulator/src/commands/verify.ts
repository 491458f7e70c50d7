import type { SimulatorConfig } from '../config';
import { databaseUrl } from '../database/session';
import type { Day } from '../model/day';
import { terminalProgress } from '../proof/progress';
import { runVerify, verifyExitCode } from '../proof/verify';

export interface VerifyFlags {
  /** UTC days, inclusive. */
  readonly from?: Day;
  readonly to?: Day;
  readonly due: boolean;
  readonly record: boolean;
}

/** Compares the database with the stream and prints the result as JSON. @returns the exit code */
export async function verify({ database }: SimulatorConfig, flags: VerifyFlags): Promise<number> {
  const result = await runVerify({
    databaseUrl: await databaseUrl(database),
    onProgress: terminalProgress(process.stderr),
    ...flags,
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return verifyExitCode(result);
}
