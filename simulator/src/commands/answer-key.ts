import type { SimulatorConfig } from '../config';
import type { Day } from '../model/day';
import { answerKeyExitCode, runAnswerKey } from '../proof/answer-key';
import { proofProgress } from '../proof/progress';

export interface AnswerKeyFlags {
  /** Local days, inclusive. */
  readonly from?: Day;
  readonly to?: Day;
  readonly publish: boolean;
}

/** Computes the analytics again without SQL, compares them and prints the result as JSON. @returns the exit code */
export async function answerKey({ database }: SimulatorConfig, flags: AnswerKeyFlags): Promise<number> {
  const result = await runAnswerKey({
    database,
    onProgress: proofProgress(process.stderr),
    onResult: (found) => process.stdout.write(`${JSON.stringify(found)}\n`),
    ...flags,
  });
  return answerKeyExitCode(result);
}
