import { spawnSync } from 'node:child_process';

/** psql is the reference of the ingest figures and is not at hand, or is not of the server's major version. */
export class PsqlMissingError extends Error {}

/**
 * The psql to compare with: `$PSQL`, else `psql` of the path.
 * @param major of the server, such as 17
 * @throws PsqlMissingError saying what was found
 */
export function findPsql(major: number): string {
  const program = process.env.PSQL ?? 'psql';
  const result = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const found = /\(PostgreSQL\) (\d+)/.exec(result.stdout ?? '')?.[1];
  if (Number(found) === major) return program;
  throw new PsqlMissingError(
    `the benchmark compares with psql ${major}; ${found ? `"${program}" is version ${found}` : `"${program}" was not found`}. ` +
      `Install postgresql-client-${major}, or set PSQL to its path`,
  );
}

/** Sum of the times that `\timing` printed, in seconds. @throws Error without any */
export function timedSeconds(output: string): number {
  const times = [...output.matchAll(/^Time: ([\d.]+) ms/gm)].map(([, ms]) => Number(ms));
  if (times.length === 0) throw new Error(`psql printed no time: ${output.slice(0, 200)}`);
  return times.reduce((sum, ms) => sum + ms, 0) / 1000;
}

/**
 * Runs statements through psql, which stops at the first error.
 * @returns seconds by psql's own clock, so that its start and login do not count
 */
export function timedPsql(program: string, url: string, statements: readonly string[]): number {
  const result = spawnSync(program, ['--no-psqlrc', '--set=ON_ERROR_STOP=1', url], {
    input: ['\\timing on', ...statements, ''].join('\n'),
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (result.status !== 0) throw new Error(`psql failed: ${result.stderr || String(result.error)}`);
  return timedSeconds(result.stdout);
}
