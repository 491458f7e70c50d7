/**
 * Runs in a pod, alone: asks pages on a fixed schedule, each time over a new connection and whatever became of the request before.
 * Settings: environment variable PAGES (JSON list of {@link Page}). One line per answer:
 *
 *   page NAME SENT_MS ANSWERED_MS ok
 *   page NAME SENT_MS ANSWERED_MS failed REASON
 */
export interface Page {
  readonly name: string;
  readonly url: string;
  readonly everyMs: number;
  /** The answer counts as good with status 200 and, where this is given, a text that it matches. */
  readonly expect?: string;
}

const TIMEOUT_MS = 5000;

async function ask(page: Page): Promise<string> {
  const answer = await fetch(page.url, { signal: AbortSignal.timeout(TIMEOUT_MS), headers: { connection: 'close' } });
  const text = await answer.text();
  if (answer.status !== 200) return `failed status ${answer.status}`;
  if (page.expect !== undefined && !new RegExp(page.expect).test(text)) return 'failed answer';
  return 'ok';
}

function reason(error: Error & { cause?: { code?: string } }): string {
  return `failed ${error.cause?.code ?? error.message}`.replace(/\s+/g, ' ');
}

for (const page of JSON.parse(process.env.PAGES as string) as Page[]) {
  setInterval(() => {
    const sent = Date.now();
    void ask(page)
      .catch(reason)
      .then((result) => console.log(`page ${page.name} ${sent} ${Date.now()} ${result}`));
  }, page.everyMs);
}
