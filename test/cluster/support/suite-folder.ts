import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removePlatform, renderVariant, type Variant } from './platform';

/** A suite's own folder, with what it renders and makes. */
export class SuiteFolder {
  readonly path: string;
  /** Values that other suites need as well, if the platform is kept: `EDTECH_SECRETS`. @default in the folder */
  readonly secretsDirectory: string;

  constructor(suite: string) {
    this.path = mkdtempSync(path.join(tmpdir(), `edtech-${suite}-`));
    this.secretsDirectory = process.env.EDTECH_SECRETS ?? path.join(this.path, 'secrets');
  }

  /** @param changesFile settings laid over those of the environment */
  render(environment: string, changesFile: string | undefined): Promise<Variant> {
    return renderVariant(environment, changesFile, path.join(this.path, 'dist'), this.secretsDirectory);
  }

  /** Takes the platform away, unless `EDTECH_KEEP=true` leaves it to what runs next, and the folder. */
  async remove(): Promise<void> {
    if (process.env.EDTECH_KEEP !== 'true') await removePlatform();
    rmSync(this.path, { recursive: true, force: true });
  }
}
