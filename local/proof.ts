import { runSimulator } from './children';
import type { AnswerKeyResult, VerifyResult } from './summary';

/** The commands end with 1 when they find a difference: an answer as well. */
const ANSWERS = { accept: [1] };

/** Compares every stored row with the stream. */
export async function verify(env: Readonly<Record<string, string>>): Promise<VerifyResult> {
  return JSON.parse(await runSimulator(['verify'], env, ANSWERS)) as VerifyResult;
}

/** Compares every published figure with the truth computed from the model. */
export async function answerKey(env: Readonly<Record<string, string>>): Promise<AnswerKeyResult> {
  return JSON.parse(await runSimulator(['answer-key'], env, ANSWERS)) as AnswerKeyResult;
}

/** Whether nothing differs: what verify ends with 0 for. */
export const holds = ({ lost, extra, changed, unproven, compared }: VerifyResult): boolean =>
  lost + extra + changed + unproven === 0 && compared > 0;
