import path from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error';

/** What `npm run report -- …` was asked for. */
export interface ReportOptions {
  /** Local day of the class, such as `2026-03-02`. */
  readonly day: string;
  /** Number of one classroom; undefined: every classroom whose cohort has published the day. */
  readonly classroom: number | undefined;
  /** Connection string of the educators' dashboards role; undefined: the local run's database. */
  readonly database: string | undefined;
  /** Folder of the local run; undefined: as for `npm start`. */
  readonly folder: string | undefined;
  /** Folder that gets the files. */
  readonly out: string;
}

export const REPORT_USAGE = `npm run report -- --day YYYY-MM-DD [options]
  --day DAY        local day of the class that has been published
  --classroom N    one classroom by its number (default: all of the day)
  --database URL   database of the platform, read as the educators' role (default: that of npm start)
  --folder DIR     where the data of npm start is kept, if it was given one (default .edtech/ in the checkout)
  --out DIR        folder for the files (default reports)
  --help           this text`;

/**
 * @returns the options, or undefined if the usage text was asked for
 * @throws UsageError naming every problem
 */
export function parseReportOptions(args: readonly string[]): ReportOptions | undefined {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        day: { type: 'string' },
        classroom: { type: 'string' },
        database: { type: 'string' },
        folder: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return undefined;
  const problems: string[] = [];
  const day = String(values.day ?? '');
  const time = Date.parse(`${day}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day) {
    problems.push(`--day must be a date such as 2026-03-02, got ${values.day ?? 'nothing'}`);
  }
  const classroom = values.classroom === undefined ? undefined : String(values.classroom);
  if (
    classroom !== undefined &&
    !(/^\d{1,5}$/.test(classroom) && Number(classroom) >= 1 && Number(classroom) <= 66_575)
  ) {
    problems.push(`--classroom must be a whole number from 1 to 66575, got ${classroom}`);
  }
  if (values.database !== undefined && values.folder !== undefined) {
    problems.push('--database and --folder both say what is read; allowed is one of them');
  }
  // Empty is what a shell makes of a variable that is not set; it would be the current folder, or any database.
  for (const name of ['database', 'folder', 'out']) if (values[name] === '') problems.push(`--${name} needs a value`);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    day,
    classroom: classroom === undefined ? undefined : Number(classroom),
    database: values.database as string | undefined,
    folder: values.folder === undefined ? undefined : path.resolve(String(values.folder)),
    out: (values.out as string | undefined) ?? 'reports',
  };
}
