import type { SimulatorConfig } from '../config';
import type { Day } from '../model/day';
import { proofProgress } from '../proof/progress';
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
    database,
    onProgress: proofProgress(process.stderr),
    onResult: (found) => process.stdout.write(`${JSON.stringify(found)}\n`),
    ...flags,
  });
  return verifyExitCode(result);
}
