import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { KUBERNETES_METRICS } from '../../charts/exporters';
import { buildDashboards } from '../../dashboards';
import { metricsUsed } from '../../dashboards/lib/metrics';
import { alertsOf, INHIBITIONS, ruleGroups } from '../../rules';
import type { Group } from '../../rules/model';
import { budgetBurnt, BURNS, OBJECTIVES } from '../../rules/objectives';
import { ruleFile } from '../../rules/render';
import { PROOF_APPLICATION } from '../../rules/transactions';
import { validateRules } from '../../rules/validate';
import { PROOF_APPLICATION as NAMED } from '../../simulator/src/proof/application';
import { ROOT } from '../../src/root';
import { CASES } from './cases';

const RUNBOOKS = path.join(ROOT, 'docs/operations/runbooks');
const SECTIONS = ['## What it means', '## Confirm', '## Do', '## It is over when'];
const groups = ruleGroups();
const alerts = alertsOf(groups);

test('every rule parses, and no two have one name', () => {
  expect(() => validateRules(groups, INHIBITIONS)).not.toThrow();
});

test('a rule that does not parse is refused with its name, its group and the position', () => {
  const broken: Group = {
    name: 'mine',
    interval: '15s',
    alerts: [{ alert: 'Odd', severity: 'warning', expr: 'max(up) >', summary: 's' }],
  };
  expect(() => validateRules([...groups, broken], INHIBITIONS)).toThrow(
    /1 problem.*\n.*Odd in group mine: expected name, found the end at position 9 of: max\(up\) >/s,
  );
});

test('an inhibition that names no alert is refused', () => {
  expect(() => validateRules(groups, [{ sources: ['NoPrimary'], targets: ['Typo'] }])).toThrow('inhibition names Typo');
});

test('the same alert twice is refused', () => {
  expect(() => validateRules([...groups, { ...groups[3], name: 'again' }], [])).toThrow(
    'IngestStopped stands in group again and somewhere else',
  );
});

test('every alert has evidence that it fires and that it stays silent', () => {
  expect(Object.keys(CASES).sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  for (const { fires, silent } of Object.values(CASES)) expect(silent).not.toEqual(fires);
});

test.each(alerts.map(({ alert }) => alert))('%s has a runbook with its four sections', (alert) => {
  const file = path.join(RUNBOOKS, `${alert}.md`);
  expect(existsSync(file)).toBe(true);
  const page = readFileSync(file, 'utf8');
  const bodies = SECTIONS.map((section, index) => {
    const [, rest = ''] = page.split(`${section}\n`);
    return rest.split(SECTIONS[index + 1] ?? '\n## ')[0].trim();
  });
  expect(page.startsWith(`# ${alert}\n`)).toBe(true);
  for (const body of bodies) expect(body.length).toBeGreaterThan(20);
});

test('every page belongs to an alert', () => {
  const pages = readdirSync(RUNBOOKS).filter((file) => file !== 'README.md');
  expect(pages.sort()).toEqual(alerts.map(({ alert }) => `${alert}.md`).sort());
});

test('the rendered file carries severity, summary and the page of each alert', () => {
  const file = ruleFile(groups, { runbookBase: 'https://docs.example.org/' }) as {
    groups: { rules: { alert?: string; labels: object; annotations: object }[] }[];
  };
  const watchdog = file.groups.flatMap(({ rules }) => rules).find(({ alert }) => alert === 'Watchdog');
  expect(watchdog).toMatchObject({
    labels: { severity: 'none' },
    annotations: { runbook_url: 'https://docs.example.org/docs/operations/runbooks/Watchdog.md' },
  });
});

test('what pages somebody is few, and only the watchdog is neither page nor ticket', () => {
  const of = (severity: string): string[] => alerts.filter((a) => a.severity === severity).map(({ alert }) => alert);
  expect(of('none')).toEqual(['Watchdog']);
  expect(of('critical').length).toBeLessThanOrEqual(14);
});

test('without a standby to wait for its absence is no alert, and without logs there is none about them', () => {
  const names = alertsOf(ruleGroups({ synchronous: false, logs: false })).map(({ alert }) => alert);
  expect(alerts.map(({ alert }) => alert).filter((alert) => !names.includes(alert))).toEqual([
    'PipelineFailed',
    'NoSyncStandby',
    'ErrorLogs',
    'ErrorsOfTheDay',
  ]);
});

test('what rules and dashboards read of the state of Kubernetes is exported', () => {
  const exported = new RegExp(`^(${KUBERNETES_METRICS.join('|')})$`);
  const read = [
    ...[...validateRules(groups, INHIBITIONS).values()].flatMap(({ metrics }) => metrics),
    ...metricsUsed(buildDashboards()).keys(),
  ].filter((name) => name.startsWith('kube_'));
  expect(read).toContain('kube_job_status_active');
  expect(read.filter((name) => !exported.test(name))).toEqual([]);
});

test('dashboards and rules compute an objective from the same recorded figures', () => {
  const used = [...metricsUsed(buildDashboards()).keys()].filter((name) => name.includes(':'));
  const recorded = groups.flatMap(({ recordings = [] }) => recordings.map(({ record }) => record));
  expect(used.filter((name) => !recorded.includes(name))).toEqual([]);
  expect(OBJECTIVES.map(({ slo }) => slo)).toEqual(['availability', 'freshness', 'latency']);
});

const budgetLeft = (daysKept?: number): string =>
  ruleGroups({ synchronous: true, logs: true, daysKept })
    .flatMap(({ recordings = [] }) => recordings)
    .find(({ record }) => record === 'slo:budget_left')!.expr;

/** Windows of an expression with the number of samples that they are divided by. */
const windowsOf = (expr: string): string[] =>
  [...expr.matchAll(/slo=~"([^"]+)"\}\[(\w+)\]\) \/ (\d+)/g)].map(([, ...found]) => found.join(' '));

test('no budget is counted over more days than samples are kept', () => {
  expect(windowsOf(budgetLeft())).toEqual(['availability|freshness 30d 172800', 'latency 7d 40320']);
  expect(budgetLeft(30)).toBe(budgetLeft());
  expect(windowsOf(budgetLeft(15))).toEqual(['availability|freshness 15d 86400', 'latency 7d 40320']);
  expect(windowsOf(budgetLeft(2))).toEqual(['availability|freshness|latency 2d 11520']);
});

test.each(Object.entries(BURNS))('the page of %s tells what of each budget went', (alert, burns) => {
  const page = readFileSync(path.join(RUNBOOKS, `${alert}.md`), 'utf8');
  for (const window of new Set(OBJECTIVES.map((objective) => objective.window)))
    for (const burn of burns) expect(page).toContain(`${Number((100 * budgetBurnt(burn, window)).toPrecision(2))} %`);
});

test('transactions of a proof are known by the name that its sessions have', () => {
  expect(PROOF_APPLICATION).toBe(NAMED);
});
