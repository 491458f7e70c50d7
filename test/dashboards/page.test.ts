import { request } from 'node:http';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildDashboards } from '../../dashboards';
import { DashboardDatabase } from '../../local/page/data/database';
import { bindQuery } from '../../dashboards/lib/macros';
import { startPage, type RunningPage } from '../../local/page/server';
import type { AnswerLine } from '../../local/page/view/types';
import { writeReports } from '../../local/report/main';
import { parseReportOptions } from '../../local/report/options';
import type { TestDatabase } from '../support/database';
import { createFilledDatabase, NOW } from './support/filled-database';

/** What somebody might put into an address line to get at something else. */
const HOSTILE = [
  "1'; drop table edtech.students; --",
  '1); select email from edtech.students; --',
  '${classroom:raw}',
  '$__timeFilter(x)',
  '99999999999999999999',
  '../../../../etc/passwd',
  '\u0000',
  '<script>alert(1)</script>',
];

describe('the local page', () => {
  let filled: TestDatabase;
  let page: RunningPage;
  const errors: unknown[] = [];
  beforeAll(async () => {
    filled = await createFilledDatabase('page');
    page = await startPage({
      databaseUrl: filled.url('educator'),
      adminUrl: filled.url('admin'),
      port: 0,
      now: () => NOW,
      onError: (error) => errors.push(error),
    });
  }, 300_000);
  afterAll(async () => {
    await page?.close();
    await filled?.drop();
  });
  beforeEach(() => errors.splice(0));

  const get = (address: string): Promise<Response> => fetch(`${page.url}${address}`);
  const lines = async (address: string): Promise<AnswerLine[]> => {
    const response = await get(address);
    expect(response.status).toBe(200);
    return (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AnswerLine);
  };

  it.each(['edu-class', 'edu-lesson', 'edu-student', 'edu-risk', 'edu-cohort', 'ops-pipeline'])(
    'answers every panel of %s from the database',
    async (uid) => {
      const [head, ...panels] = await lines(`/api/${uid}/data`);
      expect(head.kind).toBe('head');
      const drawable = buildDashboards()
        .find((dashboard) => dashboard.uid === uid)!
        .panels.filter(({ source }) => source === 'educator' || source === 'admin');
      expect(panels.map((line) => line.kind)).toEqual(drawable.map(() => 'panel'));
      expect(errors).toEqual([]);
    },
  );

  it('never sends a query to the browser', async () => {
    const text = await (await get('/api/edu-class/definition')).text();
    expect(text).toContain('How many of my students are active?');
    expect(text).not.toMatch(/select|streaming_logs/i);
  });

  it.each(HOSTILE)('takes a value of a variable as a value only: %j', async (value) => {
    const honest = await lines('/api/edu-student/data');
    const names = ['cohort', 'classroom', 'student'];
    for (const name of names) {
      const answer = await lines(`/api/edu-student/data?var-${name}=${encodeURIComponent(value)}`);
      expect(answer[0]).toEqual(honest[0]);
    }
    expect(errors).toEqual([]);
    const client = await filled.connect('superuser');
    const { rows } = await client.query<{ n: string }>('select count(*) as n from edtech.students');
    expect(Number(rows[0].n)).toBeGreaterThan(200);
  });

  it.each(HOSTILE)('refuses %j as a time', async (value) => {
    const response = await get(`/api/edu-class/data?from=${encodeURIComponent(value)}&to=now`);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/time must be now/);
  });

  it.each([
    ['now', 'now-1d', /begin before it ends/],
    ['now-9999d', 'now', /not be longer than 400 days/],
  ])('refuses a range from %s to %s', async (from, to, message) => {
    const response = await get(`/api/edu-class/data?from=${from}&to=${to}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(message);
  });

  it.each(['/d/nowhere', '/assets/../package.json', '/assets/%2e%2e/package.json', '/api/edu-class/panels/active.csv'])(
    'knows no %s',
    async (address) => expect((await get(address)).status).toBe(404),
  );

  it('allows scripts and styles of its own only, on every answer', async () => {
    for (const address of ['/d/edu-class', '/api/edu-class/definition', '/d/nowhere']) {
      const policy = (await get(address)).headers.get('content-security-policy');
      expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(policy).not.toMatch(/unsafe/);
    }
  });

  it('answers only to names of the loopback', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(page.url);
      const options = { port, host: '127.0.0.1', path: '/d/edu-class', headers: { host: 'evil.example' } };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
    await expect(startPage({ databaseUrl: '', adminUrl: '', host: '0.0.0.0' })).rejects.toThrow(/loopback/);
  });

  it('only reads', async () => {
    expect((await fetch(`${page.url}/api/edu-class/data`, { method: 'POST' })).status).toBe(405);
  });

  it('gives tables as CSV with what the panel suppresses suppressed, and without hidden columns', async () => {
    const response = await get('/api/edu-lesson/panels/need.csv');
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const text = await response.text();
    const [head, ...rows] = text.trimEnd().split('\r\n');
    expect(head).toBe(
      'Lesson,Segment,"Completed views, % (95 % interval)",Views,"Students, at least",Length,Stalled per view',
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.some((row) => row.includes('fewer than 10'))).toBe(true);
  });

  it('writes a report of a class, and of all classes of a day, that fetch nothing', async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'edtech-reports-'));
    try {
      const day = '2026-02-20';
      const url = filled.url('educator');
      const all = await writeReports(url, { day, classroom: undefined, out }, () => undefined);
      expect(readdirSync(out)).toHaveLength(all.length);
      expect(all.length).toBeGreaterThan(5);
      const text = readFileSync(all[0], 'utf8');
      expect(text).toContain('Simulated data');
      expect(text.match(/<svg/g)!.length).toBeGreaterThanOrEqual(3);
      expect(text).not.toMatch(/<script|<link|src=|href="http|url\(http/);
      await expect(
        writeReports(url, { day: '2020-01-01', classroom: undefined, out }, () => undefined),
      ).rejects.toThrow('there is no published day 2020-01-01 of any class');
      const stop = new AbortController();
      await expect(
        writeReports(url, { day, classroom: undefined, out }, () => stop.abort(), stop.signal),
      ).rejects.toThrow(`stopped: 1 of ${all.length} reports are written`);
    } finally {
      rmSync(out, { recursive: true });
    }
  });

  it.each(HOSTILE)('refuses a report of the classroom or day %j', (value) => {
    expect(() => parseReportOptions(['--day', '2026-02-20', '--classroom', value])).toThrow(/whole number/);
    expect(() => parseReportOptions(['--day', value])).toThrow(/must be a date/);
  });

  it("the administrators' role can read no name and no e-mail address, through any panel or query", async () => {
    const client = await filled.connect('admin');
    for (const query of [
      'select display_name from edtech.students',
      'select email from edtech.students',
      'select * from edtech.students',
      'select s from edtech.students s',
    ]) {
      await expect(client.query(query)).rejects.toThrow(/permission denied/);
    }
    const educator = await filled.connect('educator');
    await expect(educator.query('select email from edtech.students')).rejects.toThrow(/permission denied/);
    const { rows } = await educator.query<{ name: string }>(
      'select distinct display_name as name from edtech.students',
    );
    const names = new Set(rows.map(({ name }) => name));
    const database = new DashboardDatabase({ educator: filled.url('educator'), admin: filled.url('admin') }, (e) =>
      errors.push(e),
    );
    try {
      const context = { from: new Date(NOW.getTime() - 86_400_000), to: NOW, intervalMs: 60_000, variables: {} };
      for (const { panels } of buildDashboards()) {
        for (const { targets } of panels.filter(({ source }) => source === 'admin' || source === 'primary')) {
          for (const { refId, query } of targets) {
            const frame = await database.run('admin', refId, bindQuery(query, context));
            expect(frame.rows.flat().filter((cell) => names.has(String(cell)))).toEqual([]);
          }
        }
      }
    } finally {
      await database.close();
    }
  });
});
