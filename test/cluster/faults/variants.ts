import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** A server parameter that takes effect at a restart, and that a standby need not have as high as its primary. */
export const RESTARTED_PARAMETER = 'max_files_per_process';
/** PostgreSQL's default, and another one. */
export const PARAMETER_VALUES = { now: '1000', changed: '1200' } as const;

/** Writes a settings file that says what `settingsFile` says, with the parameter changed. Returns its path. */
export function writeChangedSettings(settingsFile: string, directory: string): string {
  const file = path.join(directory, 'settings-changed.js');
  const parameter = JSON.stringify({ [RESTARTED_PARAMETER]: PARAMETER_VALUES.changed });
  writeFileSync(
    file,
    `const { settings } = require(${JSON.stringify(path.resolve(settingsFile))});
const { parameters, ...postgres } = settings.postgres ?? {};
exports.settings = { ...settings, postgres: { ...postgres, parameters: { ...parameters, ...${parameter} } } };
`,
  );
  return file;
}
