import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { IMAGE } from '../../src/images';
import { ROOT } from '../../src/root';
import { FailoverRecord } from '../cluster/faults/record';
import { missedGoals, reportMarkdown, type Report } from '../cluster/faults/report';
import { ABOUT, CONDITIONS, report, round, rowOf } from './support/rounds';

const brokenOff = (fault: string) => ({
  fault,
  begunAt: '2026-03-01T00:30:00.000Z',
  brokenOff: 'all members well: not within 240 s',
});

describe('a round without figures', () => {
  const NODE = 'primary-node-killed';
  const markdown = reportMarkdown(
    report(
      { ...round(NODE, { gapSeconds: 20 }), ...CONDITIONS, seed: '7' },
      { ...brokenOff(NODE), ...CONDITIONS, seed: '7' },
      { ...round('switchover', { broken: ['doubled: rw@0 1'], doubled: 1 }), ...CONDITIONS, seed: '7' },
    ),
  );

  it('counts in the row of its fault, whose goal is not met', () => {
    expect(rowOf(markdown, NODE)).toMatchObject({
      rounds: '2',
      max: '20.0',
      met: 'no',
      'rounds that broke something': '0',
      'rounds without figures': '1',
    });
  });

  it('counts in the line of the series', () => {
    expect(markdown).toContain('3 faults, of which 1 broke something and 1 ended without figures');
  });

  it('leaves a row without figures where there is no other', () => {
    const only = reportMarkdown(report({ ...brokenOff(NODE), ...CONDITIONS }));
    expect(rowOf(only, NODE)).toMatchObject({ rounds: '1', median: '–', max: '–', met: 'no' });
    expect(only).toContain('Over all 0 rounds with figures');
  });

  it('is told with what ended it', () => {
    expect(markdown).toContain(
      'Without figures: primary’s node without power, 2026-03-01 00:30 UTC: all members well: not within 240 s.',
    );
  });
});

describe('a round whose fault could not be done as meant', () => {
  const failed = round('primary-node-killed', {
    ...{ problem: 'node-kill: exit 1', broken: ['the fault could not be done as meant: node-kill: exit 1'] },
    ...{ gapSeconds: 0.1, newConnectionGapSeconds: 90, healedSeconds: 200, acknowledged: 500 },
  });
  const rows = { rounds: '2', 'rounds that broke something': '1', 'rounds without figures': '0' };

  it('is a round that broke something, and gives no time', () => {
    const well = { ...round('primary-node-killed', { gapSeconds: 20, healedSeconds: 9 }), ...CONDITIONS };
    const markdown = reportMarkdown(report(well, { ...failed, ...CONDITIONS }));
    expect(rowOf(markdown, 'primary-node-killed')).toMatchObject({
      ...rows,
      ...{ median: '20.0', max: '20.0', 'new connections: max': '3.5', 'healed after, at most': '9.0' },
    });
    expect(markdown).toContain('of 1500 acknowledged rows');
  });

  it('meets no goal', () => {
    const only = reportMarkdown(report({ ...failed, ...CONDITIONS }, { ...failed, ...CONDITIONS }));
    const none = { median: '–', max: '–', met: '–', 'new connections: max': '–', 'healed after, at most': '–' };
    expect(rowOf(only, 'primary-node-killed')).toMatchObject({ rounds: '2', ...none });
  });
});

it('two draws with the same seed are two series, and one that ended early says how many it had drawn', () => {
  const drawn = (series?: string) => ({
    ...round('switchover'),
    ...CONDITIONS,
    seed: '7',
    ...(series && { series, drawn: 2 }),
  });
  const [first, second] = ['2026-03-01T08:00:00.000Z', '2026-03-02T08:00:00.000Z'];
  const markdown = reportMarkdown(report(drawn(), drawn(first), drawn(first), drawn(second)));
  const lines = markdown.split('\n').filter((line) => line.startsWith('Drawn at random'));
  expect(lines.map((line) => /^.* faults/.exec(line)?.[0].replace(', one after the other', ''))).toEqual([
    'Drawn at random with seed 7: 1 faults',
    'Drawn at random with seed 7, begun 2026-03-01 08:00 UTC: 2 faults',
    'Drawn at random with seed 7, begun 2026-03-02 08:00 UTC: 1 of 2 faults',
  ]);
});

it('new connections have figures of their own, but not where writes are meant to wait', () => {
  const [first, second] = [21, 30.4].map((newConnectionGapSeconds) => ({ gapSeconds: 20, newConnectionGapSeconds }));
  const markdown = reportMarkdown(
    report(
      { ...round('primary-node-killed', first), ...CONDITIONS },
      { ...round('primary-node-killed', second), ...CONDITIONS },
      { ...round('both-standby-nodes-killed', second), ...CONDITIONS },
    ),
  );
  const columns = (median: string, max: string) => ({ 'new connections: median': median, 'new connections: max': max });
  expect(rowOf(markdown, 'primary-node-killed')).toMatchObject({ max: '20.0', met: 'yes', ...columns('21.0', '30.4') });
  expect(rowOf(markdown, 'both-standby-nodes-killed')).toMatchObject({ max: '20.0', ...columns('–', '–') });
});

it('rounds with the members as they are have a table of their own, whatever ran beside them', () => {
  const present = { ...CONDITIONS, image: `${IMAGE.postgres.repository}:${IMAGE.postgres.tag}`, loopSeconds: 2 };
  const markdown = reportMarkdown(
    report(
      { ...round('switchover', { gapSeconds: 9 }), ...CONDITIONS },
      { ...round('switchover', { gapSeconds: 2 }), ...present },
      { ...round('switchover', { gapSeconds: 3 }), ...present, machineState: 'calm' },
      { ...round('switchover', { gapSeconds: 7 }), ...present, loopSeconds: 5 },
    ),
  );
  const [now, before] = markdown.split('## With earlier members');
  const conditions = { 'machine, loop': 'busy, 2 s (1); calm, 2 s (1)' };
  expect(rowOf(now, 'switchover')).toMatchObject({ ...conditions, rounds: '2', max: '3.0' });
  expect(before).toMatch(/\| busy, 2 s \| 17\.12-1 \| 1 \|.*\| 9\.0 \|/);
  expect(before).toMatch(/\| busy, 5 s \| .* \| 1 \|.*\| 7\.0 \|/);
});

it('each machine is named with the number of its rounds', () => {
  const on = (machine: string) => ({ ...round('switchover'), ...CONDITIONS, machine });
  expect(reportMarkdown(report(on('2 cores A'), on('4 cores B'), on('2 cores A')))).toContain(
    '2 cores A (2 rounds); 4 cores B (1 rounds). PostgreSQL 17.12.',
  );
});

it('what the suite itself does between faults is said', () => {
  expect(reportMarkdown(report())).toContain(
    'before each fault it deletes pods whose database container had restarted',
  );
});

it('a round whose gap says nothing is a round, and meets no goal', () => {
  const markdown = reportMarkdown(report({ ...round('database-away', { gapSeconds: undefined }), ...CONDITIONS }));
  expect(rowOf(markdown, 'database-away')).toMatchObject({ rounds: '1', max: '–', met: '–' });
});

it('where the repair waits for more than the members no time to heal is shown', () => {
  const healed = (fault: string) =>
    rowOf(reportMarkdown(report({ ...round(fault, { healedSeconds: 0 }), ...CONDITIONS })), fault)[
      'healed after, at most'
    ];
  const waits = ['pod-deleted-repository-away', 'database-away', 'single-copy-node-killed'];
  expect([...waits, 'primary-and-repository-node-killed', 'setting-changed'].map(healed)).toEqual(Array(5).fill('–'));
  expect(['primary-node-killed', 'primary-and-dns-node-killed'].map(healed)).toEqual(['0.0', '0.0']);
});

it('rows are summed over the rounds', () => {
  const rows = { acknowledged: 900, missing: 2, doubled: 1 };
  const markdown = reportMarkdown(
    report({ ...round('switchover', rows), ...CONDITIONS }, { ...round('switchover', rows), ...CONDITIONS }),
  );
  expect(markdown).toContain('of 1800 acknowledged rows 4 missing, 2 doubled, 0 acknowledged by an old primary');
  expect(markdown).toContain("whether one that is sent again is stored twice is shown by the simulator's verify");
});

describe('a goal of time', () => {
  const missed = (recorded: boolean, ...gapSeconds: number[]) =>
    missedGoals(
      gapSeconds.map((gap) => round('switchover', { gapSeconds: gap })),
      recorded,
    );

  it('is missed above it where the rounds are recorded', () => {
    expect(missed(true, 3, 4)).toEqual([]);
    expect(missed(true, 3, 4.1)).toEqual([{ fault: 'switchover', judgedSeconds: 4.1, allowedSeconds: 4 }]);
  });

  it('is judged where they are not, with half as much again', () => {
    expect(missed(false, 3, 6)).toEqual([]);
    expect(missed(false, 3, 6.1)).toEqual([{ fault: 'switchover', judgedSeconds: 6.1, allowedSeconds: 6 }]);
  });

  it('is of each fault on its own, and not of what was not played', () => {
    const rounds = [round('switchover', { gapSeconds: 9 }), round('primary-node-killed', { gapSeconds: 24 })];
    expect(missedGoals(rounds, true).map(({ fault }) => fault)).toEqual(['switchover']);
    expect(missedGoals([], true)).toEqual([]);
  });

  it('is not judged by a round whose fault could not be done as meant', () => {
    expect(missedGoals([round('switchover', { gapSeconds: 9, problem: 'exit 1' })], true)).toEqual([]);
  });
});

describe('the record', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-record-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('keeps earlier rounds, and those without figures as well', () => {
    const record = new FailoverRecord(folder);
    expect(record.rounds()).toEqual([]);
    record.add(round('switchover'), CONDITIONS, ABOUT);
    record.add(brokenOff('switchover'), CONDITIONS, ABOUT);
    expect(record.rounds()).toEqual([
      { ...round('switchover'), ...CONDITIONS },
      { ...brokenOff('switchover'), ...CONDITIONS },
    ]);
    expect(rowOf(readFileSync(path.join(folder, 'failover.md'), 'utf8'), 'switchover').rounds).toBe('2');
  });

  it('has been made into the page that is committed: another image of the members makes another page', () => {
    const measured = path.join(ROOT, 'docs/measurements/failover');
    const committed = JSON.parse(readFileSync(`${measured}.json`, 'utf8')) as Report;
    expect(readFileSync(`${measured}.md`, 'utf8')).toBe(reportMarkdown(committed));
  });
});
