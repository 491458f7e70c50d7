import type { SimulatorConfig } from '../config';
import { databaseUrl } from '../database/session';
import type { Day } from '../model/day';
import { answerKeyExitCode, runAnswerKey } from '../proof/answer-key';
import { terminalProgress } from '../proof/progress';

export interface AnswerKeyFlags {
  /** Local days, inclusive. */
  readonly from?: Day;
  readonly to?: Day;
  readonly publish: boolean;
}

/** Computes the analytics again without SQL, compares them and prints the result as JSON. @returns the exit code */
export async function answerKey({ database }: SimulatorConfig, flags: AnswerKeyFlags): Promise<number> {
  const result = await runAnswerKey({
    databaseUrl: await databaseUrl(database),
    onProgress: terminalProgress(process.stderr),
    ...flags,
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return answerKeyExitCode(result);
}
