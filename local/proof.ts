import { runSimulator } from './children';
import type { AnswerKeyResult, VerifyResult } from './summary';

/** The commands end with 1 when they find a difference: an answer as well. */
const ANSWERS = { accept: [1] };

type Environment = Readonly<Record<string, string>>;

/** Compares every stored row with the stream. @param stop ends it without an answer */
export async function verify(env: Environment, stop?: AbortSignal): Promise<VerifyResult> {
  return JSON.parse(await runSimulator(['verify'], env, { ...ANSWERS, stop })) as VerifyResult;
}

/**
 * Compares every published figure with the truth computed from the model, and stores how often the at-risk rule was right.
 * @param stop ends it without an answer
 */
export async function answerKey(env: Environment, stop?: AbortSignal): Promise<AnswerKeyResult> {
  return JSON.parse(await runSimulator(['answer-key', '--publish'], env, { ...ANSWERS, stop })) as AnswerKeyResult;
}

/** Whether nothing differs: what verify ends with 0 for. */
export const holds = ({ lost, extra, changed, unproven, compared }: VerifyResult): boolean =>
  lost + extra + changed + unproven === 0 && compared > 0;
