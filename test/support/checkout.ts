import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../src/root';

/** What the commands on a platform read; no revisions, which other tests write and take away. */
const READ =
  /^(charts|config|dags|dashboards|images|rules|simulator|sql|src)\/.*(?<!\.revisions\.json)$|^(local\/register\.js|package\.json|tsconfig\.json)$/;

/** A copy of the checkout, as it is now: what commands write into `config/` would be a change of this one. */
export class Checkout {
  readonly root = mkdtempSync(path.join(tmpdir(), 'edtech-checkout-'));

  constructor() {
    const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    for (const file of listed.split('\0').filter((name) => READ.test(name))) {
      cpSync(path.join(ROOT, file), path.join(this.root, file));
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(this.root, 'node_modules'));
  }

  path(...parts: string[]): string {
    return path.join(this.root, ...parts);
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
