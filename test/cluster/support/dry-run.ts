import { readdirSync } from 'node:fs';
import path from 'node:path';
import { outcome, type Outcome } from '../../support/command';

/** What the API server says of files without storing them: unknown fields are errors, breaches of Pod Security are warnings. */
export const dryRun = (files: readonly string[]): Promise<Outcome> =>
  outcome(
    'kubectl',
    ['apply', '--server-side', '--dry-run=server', '--validate=strict', ...files.map((file) => `--filename=${file}`)],
    { timeoutSeconds: 120 },
  );

/** The files that need the namespaces of `00-platform`. */
export const filesAfterPlatform = (directory: string): string[] =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.yaml') && !file.startsWith('00-'))
    .sort()
    .map((file) => path.join(directory, file));
