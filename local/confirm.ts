import { answerTo, NoAnswer, type Terminal } from '../src/answer';

/**
 * Asks a yes/no question on the terminal.
 * @throws NoAnswer where nobody can answer, or does
 */
export async function confirm(
  question: string,
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (terminal.input.isTTY !== true) throw new NoAnswer(`${question} Nobody can answer here: pass --yes to agree`);
  return /^y(es)?$/i.test((await answerTo(`${question} [y/N] `, terminal)).trim());
}
