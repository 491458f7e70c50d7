import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../src/root';

/** What the commands on a platform read; no revisions, which other tests write and take away. */
const READ =
  /^(charts|config|dags|dashboards|images|rules|simulator|sql|src)\/.*(?<!\.revisions\.json)$|^(local\/register\.js|package\.json|tsconfig\.json)$/;

/** Copies the checkout as it is now, with what is not committed yet, and its installed packages by link. @param wanted which files */
export function copyCheckout(to: string, wanted: (file: string) => boolean = () => true): void {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((name) => name !== '' && wanted(name))) {
    // One that was deleted is still listed.
    if (existsSync(path.join(ROOT, file))) cpSync(path.join(ROOT, file), path.join(to, file));
  }
  for (const modules of ['node_modules', 'simulator/node_modules']) {
    if (existsSync(path.join(ROOT, modules))) symlinkSync(path.join(ROOT, modules), path.join(to, modules));
  }
}

/** A copy of the checkout, as it is now: what commands write into `config/` would be a change of this one. */
export class Checkout {
  readonly root = mkdtempSync(path.join(tmpdir(), 'edtech-checkout-'));

  constructor() {
    copyCheckout(this.root, (file) => READ.test(file));
  }

  path(...parts: string[]): string {
    return path.join(this.root, ...parts);
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
