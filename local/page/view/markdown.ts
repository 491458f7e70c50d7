import { Html, escape } from './html';

function inline(text: string): string {
  return escape(text)
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*]+)\*/g, '<em>$1</em>');
}

/** The part of Markdown that our texts use: paragraphs, lists, bold and emphasis. */
export function markdown(source: string): Html {
  const blocks = source.split(/\n{2,}/).map((block) => {
    const lines = block.split('\n');
    const items = (mark: RegExp): string => lines.map((line) => `<li>${inline(line.replace(mark, ''))}</li>`).join('');
    if (lines.every((line) => /^- /.test(line))) return `<ul>${items(/^- /)}</ul>`;
    if (lines.every((line) => /^\d+\. /.test(line))) return `<ol>${items(/^\d+\. /)}</ol>`;
    return `<p>${inline(block)}</p>`;
  });
  return new Html(blocks.join(''));
}
