import { PALETTE, SEQUENTIAL_SCHEME } from '../../../dashboards/lib/palette';

/** A rendered dashboard, as far as the rules read it. */
export interface Rendered {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  schemaVersion: number;
  editable: boolean;
  refresh?: string;
  weekStart: string;
  links: { url: string }[];
  templating: { list: { name: string; query: unknown }[] };
  annotations: { list: { name: string; target?: { rawSql: string } }[] };
  panels: RenderedPanel[];
}

export interface RenderedPanel {
  id: number;
  type: string;
  title: string;
  description: string;
  datasource?: { uid: string; type: string };
  targets?: { refId: string; rawSql?: string; expr?: string; format?: string; datasource: { uid: string } }[];
  fieldConfig?: { defaults: { unit?: string; noValue?: string } };
  gridPos: { x: number; y: number; w: number; h: number };
  maxDataPoints?: number;
}

/** One rule: what is wrong with a dashboard, one sentence per finding. `all` are all dashboards, for links. */
export type Rule = (dashboard: Rendered, all: readonly Rendered[]) => string[];

const perPanel =
  (check: (panel: RenderedPanel, dashboard: Rendered) => string | undefined | false): Rule =>
  (dashboard) =>
    dashboard.panels.flatMap((panel) => {
      const problem = check(panel, dashboard);
      return problem ? [`${dashboard.uid}, panel "${panel.title}": ${problem}`] : [];
    });

const sqlOf = (panel: RenderedPanel): string => (panel.targets ?? []).map(({ rawSql }) => rawSql ?? '').join('\n');
const promOf = (panel: RenderedPanel): string[] =>
  panel.datasource?.type === 'prometheus' ? (panel.targets ?? []).map(({ expr }) => expr ?? '') : [];
const colours = new Set<string>(Object.values(PALETTE));
const SOURCES = [
  ...['edtech-educator', 'edtech-admin', 'edtech-admin-primary', 'edtech-airflow'],
  ...['edtech-prometheus', 'edtech-loki'],
];

function* strings(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (value && typeof value === 'object') for (const item of Object.values(value)) yield* strings(item);
}

/** Rules that hold for every rendered dashboard, by name. */
export const RULES: Readonly<Record<string, Rule>> = {
  'classic schema, read only, week from Monday': (d) =>
    d.schemaVersion === 42 && d.editable === false && d.weekStart === 'monday'
      ? []
      : [`${d.uid}: schema ${d.schemaVersion}, editable ${d.editable}, week from ${d.weekStart}`],
  'says that its data is simulated': (d) =>
    /simulated data/i.test(d.description) ? [] : [`${d.uid}: does not say so`],
  'few enough panels': (d) => {
    const most = d.uid.startsWith('ops-') ? 16 : 12;
    return d.panels.length <= most ? [] : [`${d.uid}: ${d.panels.length} panels, allowed are ${most}`];
  },
  'title is a question': perPanel((p) => !/^[A-Z].{8,90}\?$/.test(p.title) && `title is no question`),
  'description says what is shown': perPanel(
    (p) => !(p.description?.length > 30) && p.type !== 'text' && 'description is missing or too short',
  ),
  'unit is set': perPanel((p) => p.type !== 'text' && !p.fieldConfig?.defaults.unit && 'unit is missing'),
  'empty state explains itself': perPanel(
    (p) =>
      p.type !== 'text' && (p.fieldConfig?.defaults.noValue ?? '').length <= 10 && 'noValue is missing or too short',
  ),
  'known data source on panel and targets': perPanel((p) => {
    if (p.type === 'text') return undefined;
    const uids = [p.datasource?.uid, ...(p.targets ?? []).map(({ datasource }) => datasource?.uid)];
    const wrong = uids.find((uid) => !SOURCES.includes(uid ?? ''));
    return uids.length < 2 || uids.includes(undefined) || wrong ? `data source is ${wrong ?? 'missing'}` : undefined;
  }),
  'no colour outside the palette': (d) =>
    [...strings(d)]
      .flatMap((text) => (/^#[0-9A-Fa-f]{6}$/.test(text) ? [text] : []))
      .filter((colour) => !colours.has(colour))
      .map((colour) => `${d.uid}: colour ${colour}`),
  'no scheme of colours but viridis': (d) =>
    [...strings(d)]
      .filter((text) => /^(continuous|palette)-/.test(text) && text !== SEQUENTIAL_SCHEME)
      .map((scheme) => `${d.uid}: scheme ${scheme}`),
  'names of students on two dashboards only': (d) =>
    ['edu-student', 'edu-risk'].includes(d.uid) || ![...strings(d)].some((text) => /display_name/.test(text))
      ? []
      : [`${d.uid}: reads display_name`],
  'no e-mail address anywhere': (d) =>
    [...strings(d)].some((text) => /\bemail\b/i.test(text)) ? [`${d.uid}: reads email`] : [],
  'links resolve': (d, all) =>
    [...strings(d)]
      .flatMap((text) => [...text.matchAll(/\/d\/([\w-]+)(?:\?([^ )"]*))?/g)])
      .flatMap(([, uid, query]) => {
        const target = all.find((other) => other.uid === uid);
        if (!target) return [`${d.uid}: there is no dashboard ${uid}`];
        const names = target.templating.list.map(({ name }) => name);
        const used = [...(query ?? '').matchAll(/(?:var-(\w+)=|\$\{(\w+):queryparam\})/g)].map((m) => m[1] ?? m[2]);
        return used.filter((name) => !names.includes(name)).map((name) => `${d.uid}: ${uid} has no variable ${name}`);
      }),
  'time series have a column time and bounded points': perPanel((p) => {
    const targets = (p.targets ?? []).filter(({ format, rawSql }) => format === 'time_series' && rawSql);
    if (targets.some(({ rawSql }) => !/\bas time\b/.test(rawSql!))) return 'no column time';
    return (
      p.type === 'timeseries' &&
      !(p.maxDataPoints! >= 300 && p.maxDataPoints! <= 500) &&
      'maxDataPoints is not 300 to 500'
    );
  }),
  'raw events of the last five minutes only': perPanel((p) => {
    const sql = sqlOf(p);
    return (
      /streaming_logs\b/.test(sql) && !/occurred_at > [^\n]*interval '5 minutes'/.test(sql) && 'reads older raw events'
    );
  }),
  'variables are quoted by Grafana': (d) =>
    [...strings(d)]
      .filter((text) => /\bselect\b/i.test(text))
      .flatMap((text) => [...text.matchAll(/\$\{\w+(?::(\w+))?\}|\$(?!__)[a-z]\w*/g)])
      .filter(([, form]) => form !== 'sqlstring')
      .map(([token]) => `${d.uid}: ${token} goes into SQL unquoted`),
  'queries read, and nothing else': perPanel((p) =>
    /\b(insert|update|delete|drop|alter|create|grant|truncate|copy)\b\s/i.test(sqlOf(p))
      ? 'a query is more than a select'
      : undefined,
  ),
  'rates over the interval that fits the scrape': perPanel((p) => {
    const wrong = promOf(p).find((expr) => /\brate\([^[]*\[(?!\$__rate_interval)/.test(expr));
    return wrong && `rate over a fixed window in ${wrong}`;
  }),
  'counters are read as rates': perPanel((p) => {
    const wrong = promOf(p).find((expr) => /_total\b/.test(expr) && !/\b(rate|increase)\(/.test(expr));
    return wrong && `a counter without rate in ${wrong}`;
  }),
  'no panel over another': (d) =>
    d.panels.flatMap((a, i) =>
      d.panels.slice(i + 1).flatMap((b) => {
        const [p, q] = [a.gridPos, b.gridPos];
        const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y;
        return apart ? [] : [`${d.uid}: "${a.title}" and "${b.title}" overlap`];
      }),
    ),
  'refresh not faster than 10 s': (d) => {
    const [, count, unit] = /^(\d+)(s|m)$/.exec(d.refresh ?? '') ?? [];
    return count && Number(count) * (unit === 'm' ? 60 : 1) < 10 ? [`${d.uid}: refresh ${d.refresh}`] : [];
  },
  'educators see how fresh the figures are, and the calendar': (d) => {
    if (!d.uid.startsWith('edu-')) return [];
    const first = d.panels[0]?.title ?? '';
    const names = d.annotations.list.map(({ name }) => name);
    const missing = ['Term calendar', 'Restatements'].filter((name) => !names.includes(name));
    return [
      ...(/fresh/.test(first) ? [] : [`${d.uid}: the first panel is not the banner`]),
      ...missing.map((name) => `${d.uid}: no annotation ${name}`),
    ];
  },
};
