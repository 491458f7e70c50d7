import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

/** Where somebody can be asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/** Nobody has answered. */
export class NoAnswer extends Error {}

/** Asks a question. @throws NoAnswer if the input ends instead */
export async function answerTo(question: string, terminal: Terminal): Promise<string> {
  const dialog = createInterface(terminal);
  // Where the output is no terminal, a question whose input ends (Ctrl-D) is never settled: the process would end with 0.
  const ended = once(dialog, 'close').then(() => Promise.reject(new Error('the input ended without an answer')));
  try {
    return await Promise.race([dialog.question(question), ended]);
  } catch (error) {
    throw new NoAnswer(`${(error as Error).message}: nothing was done`, { cause: error });
  } finally {
    dialog.close();
  }
}
