import { renderDashboards } from '../../dashboards/render';
import { RULES, type Rendered, type RenderedPanel } from './support/lint';

const load = (): Rendered[] => Object.values(renderDashboards()).map((text) => JSON.parse(text) as Rendered);
const find = (all: Rendered[], uid: string): Rendered => all.find((dashboard) => dashboard.uid === uid)!;

const panelOf = (all: Rendered[], uid: string, title: string): RenderedPanel =>
  find(all, uid).panels.find((panel) => panel.title === title)!;

/** For each rule, one change of the real dashboards that it must find. */
const BREAKS: Readonly<Record<string, (all: Rendered[]) => void>> = {
  'classic schema, read only, week from Monday': (all) => (all[0].editable = true),
  'says that its data is simulated': (all) => (all[0].description = 'A dashboard.'),
  'few enough panels': (all) => all[0].panels.push(...all[1].panels),
  'title is a question': (all) => (all[0].panels[1].title = 'Active students'),
  'description says what is shown': (all) => (all[0].panels[1].description = ''),
  'unit is set': (all) => delete all[0].panels[1].fieldConfig!.defaults.unit,
  'empty state explains itself': (all) => (all[0].panels[1].fieldConfig!.defaults.noValue = ''),
  'known data source on panel and targets': (all) => (all[0].panels[1].targets![0].datasource.uid = 'default'),
  'no colour outside the palette': (all) => Object.assign(all[0].panels[1], { colour: '#FF0000' }),
  'time zone is left to people and the platform': (all) => (all[0].timezone = 'browser'),
  'no drawing begins at midnight': (all) => delete panelOf(all, 'edu-class', 'Is the class working as usual?').timeFrom,
  'no scheme of colours but viridis, apart from series that only the data can name': (all) =>
    Object.assign(all[0].panels[1], { mode: 'palette-classic' }),
  'series of Prometheus and Loki differ in colour': (all) =>
    (panelOf(all, 'ops-slo', 'How long does a tick take?').fieldConfig!.overrides = []),
  'a table of Prometheus is one table': (all) => delete panelOf(all, 'ops-slo', 'What is firing?').targets![0].format,
  'a figure of Prometheus or Loki is no time': (all) =>
    (panelOf(all, 'ops-slo', 'How much error budget is left?').options = { reduceOptions: { fields: '/.*/' } }),
  'marks are found at the beginning of a text': (all) =>
    (all[0].panels[0].fieldConfig!.defaults.mappings![0].options.pattern = '^⚠'),
  'links keep the range among pages of operations and on one page only': (all) => (all[0].links[0].keepTime = true),
  'names of students on two dashboards only': (all) =>
    (find(all, 'edu-class').panels[1].targets![0].rawSql = 'select display_name from edtech.students'),
  'no e-mail address anywhere': (all) => (find(all, 'edu-risk').panels[1].targets![0].rawSql = 'select email from x'),
  'links resolve': (all) => all[0].links.push({ url: '/d/edu-nowhere' }),
  'time series have a column time and bounded points': (all) => {
    const panel = find(all, 'edu-risk').panels.find(({ type }) => type === 'timeseries')!;
    panel.targets![0].rawSql = 'select day, 1 as value';
  },
  'raw events of the last five minutes only': (all) =>
    (all[0].panels[1].targets![0].rawSql = 'select count(*) from edtech.streaming_logs'),
  'variables are quoted by Grafana': (all) =>
    (all[0].panels[1].targets![0].rawSql = 'select 1 where ${classroom} = 1 or $cohort = 2'),
  'queries read, and nothing else': (all) => (all[0].panels[1].targets![0].rawSql = 'delete from analytics.minute'),
  'rates over the interval that fits the scrape': (all) =>
    (find(all, 'ops-slo').panels[0].targets![0].expr = 'rate(edtech_ingest_events_total[1m])'),
  'counters are read as rates': (all) =>
    (find(all, 'ops-slo').panels[0].targets![0].expr = 'sum(edtech_ingest_events_total)'),
  'no panel over another': (all) => (all[0].panels[2].gridPos = all[0].panels[1].gridPos),
  'refresh not faster than 10 s': (all) => (all[0].refresh = '5s'),
  'educators see how fresh the figures are, and the calendar': (all) => (all[0].annotations.list = []),
};

describe('the rules for rendered dashboards', () => {
  it.each(Object.entries(RULES))('hold for all of them: %s', (_, rule) => {
    const all = load();
    expect(all).toHaveLength(11);
    expect(all.flatMap((dashboard) => rule(dashboard, all))).toEqual([]);
  });

  it.each(Object.entries(RULES))('can fail: %s', (name, rule) => {
    const all = load();
    BREAKS[name](all);
    expect(all.flatMap((dashboard) => rule(dashboard, all))).not.toEqual([]);
  });
});
