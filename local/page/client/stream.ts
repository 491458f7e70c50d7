import type { AnswerLine } from '../view/types';

/**
 * Reads an answer line by line, as the figures become known.
 * @throws Error with the server's words if it refuses
 */
export async function readLines(url: string, signal: AbortSignal, onLine: (line: AnswerLine) => void): Promise<void> {
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) throw new Error(await response.text());
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? '')).split('\n');
    rest = done ? '' : lines.pop()!;
    for (const line of lines) if (line !== '') onLine(JSON.parse(line) as AnswerLine);
    if (done) return;
  }
}
