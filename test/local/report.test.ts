import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase } from '../../local/database';
import { openHome } from '../../local/home';
import { freePort } from '../../local/postgres/server';
import { runReport } from '../../local/report/main';
import { parseReportOptions } from '../../local/report/options';

const DAY = ['--day', '2026-03-02'];
const NOT_PUBLISHED = 'there is no published day 2026-03-02 of any class\n';
let folder: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-report-'));
  chmodSync(folder, 0o755);
  said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  delete process.env.PGSSLMODE;
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const report = (): Promise<number> => runReport([...DAY, '--folder', folder]);

test('a report is of the run whose folder is named, or of a database, not of both', () => {
  expect(parseReportOptions([...DAY, '--folder', 'elsewhere'])?.folder).toBe(path.resolve('elsewhere'));
  expect(() => parseReportOptions([...DAY, '--folder', 'a', '--database', 'b'])).toThrow('allowed is one of them');
});

test.each(['database', 'folder', 'out'])('an empty --%s is refused, which would be any other', (name) => {
  for (const empty of [[`--${name}`, ''], [`--${name}=`]])
    expect(() => parseReportOptions([...DAY, ...empty])).toThrow(`--${name} needs a value`);
});

test.each(['', 'not/there'])('a folder "%s" without data is refused, and nothing is made in it', async (below) => {
  const empty = path.join(folder, below);
  expect(await runReport([...DAY, '--folder', empty])).toBe(2);
  expect(said).toContain(`there is no data of a local run in ${empty}: `);
  expect([readdirSync(folder), existsSync(empty)]).toEqual([[], below === '']);
});

test('a report reads the database of a run that goes on, and one of an ended run that it starts for this', async () => {
  const running = await openDatabase(openHome(folder));
  expect([await report(), said]).toEqual([1, NOT_PUBLISHED]);
  // Holding the database is still that run's.
  await expect(openDatabase(openHome(folder))).rejects.toThrow('is running on');
  await running.close();
  said = '';
  // Meant for another database.
  process.env.PGSSLMODE = 'require';
  expect([await report(), said]).toEqual([1, NOT_PUBLISHED]);
}, 120_000);

test('after a power cut the number in the pid file may be that of another program: its port is not taken for the database', async () => {
  const { close } = await openDatabase(openHome(folder));
  await close();
  const data = path.join(folder, 'postgres');
  writeFileSync(path.join(data, 'postmaster.pid'), [process.pid, data, 1, await freePort(), ''].join('\n'));
  expect([await report(), said]).toEqual([1, NOT_PUBLISHED]);
}, 120_000);
