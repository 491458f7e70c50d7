import { WARNING_MARK } from '../../../dashboards/lib/marks';
import { OPEN_SERIES_SCHEME, PALETTE, SEQUENTIAL_SCHEME } from '../../../dashboards/lib/palette';

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
  timezone: string;
  time: { from: string; to: string };
  links: { url: string; keepTime?: boolean }[];
  templating: { list: { name: string; query: unknown }[] };
  annotations: { list: { name: string; target?: { rawSql: string } }[] };
  panels: RenderedPanel[];
}

interface RenderedTarget {
  refId: string;
  rawSql?: string;
  expr?: string;
  format?: string;
  instant?: boolean;
  legendFormat?: string;
  datasource: { uid: string };
}

interface RenderedMapping {
  type: string;
  options: { pattern?: string };
}

export interface RenderedPanel {
  id: number;
  type: string;
  title: string;
  description: string;
  datasource?: { uid: string; type: string };
  targets?: RenderedTarget[];
  fieldConfig?: {
    defaults: { unit?: string; noValue?: string; color?: { mode: string }; mappings?: RenderedMapping[] };
    overrides: { properties: { id: string; value: unknown }[] }[];
  };
  options?: { reduceOptions?: { fields: string } };
  gridPos: { x: number; y: number; w: number; h: number };
  maxDataPoints?: number;
  timeFrom?: string;
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

/** Whether a drawing has series of which neither names nor number are known: a legend made of labels. */
const hasOpenSeries = (p: RenderedPanel): boolean =>
  p.type === 'timeseries' &&
  (p.targets ?? []).some(({ legendFormat }) => legendFormat === '__auto' || (legendFormat ?? '').includes('{{'));
const isScheme = (text: string): boolean => /^(continuous|palette)-/.test(text) && text !== SEQUENTIAL_SCHEME;
/** How a regular expression of Grafana's mappings is read: without slashes it has to match the whole text. */
const asGrafana = (pattern: string): RegExp => {
  const [, inner] = /^\/(.*?)\/$/.exec(pattern) ?? [];
  return inner === undefined ? new RegExp(`^${pattern}$`) : new RegExp(inner);
};

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
  'time zone is left to people and the platform': (d) =>
    d.timezone === '' ? [] : [`${d.uid}: insists on the time zone ${d.timezone}`],
  // `now/d` is the midnight of whoever looks, or of the platform: in another part of the world than the class it cuts the day.
  'no drawing begins at midnight': perPanel(
    (p, d) =>
      p.type === 'timeseries' && d.time.from.endsWith('/d') && !p.timeFrom && 'begins with the day of the reader',
  ),
  // An override can name a query and not the n-th of its series: where a legend is made of labels only a scheme tells them apart.
  'no scheme of colours but viridis, apart from series that only the data can name': (d) =>
    d.panels.flatMap((p) => {
      const allowed = hasOpenSeries(p) && p.fieldConfig?.defaults.color?.mode === OPEN_SERIES_SCHEME;
      const schemes = [...strings(p)].filter(isScheme);
      return schemes.length > (allowed ? 1 : 0) ? [`${d.uid}, panel "${p.title}": scheme ${schemes.join(', ')}`] : [];
    }),
  'series of Prometheus and Loki differ in colour': perPanel((p) => {
    const targets = p.targets ?? [];
    if (p.type !== 'timeseries' || targets.some(({ expr }) => expr === undefined)) return undefined;
    if (hasOpenSeries(p)) return p.fieldConfig?.defaults.color?.mode !== OPEN_SERIES_SCHEME && 'one colour for all';
    const own = (p.fieldConfig?.overrides ?? [])
      .flatMap(({ properties }) => properties.filter(({ id }) => id === 'color'))
      .map(({ value }) => (value as { fixedColor: string }).fixedColor);
    return targets.length > 1 && new Set(own).size !== targets.length && 'series of one colour';
  }),
  'a table of Prometheus is one table': perPanel(
    (p) =>
      p.type === 'table' &&
      p.datasource?.type === 'prometheus' &&
      (p.targets ?? []).some(({ format, instant }) => format !== 'table' || instant !== true) &&
      'shows one series at a time',
  ),
  'a figure of Prometheus or Loki is no time': perPanel(
    (p) =>
      p.type === 'stat' &&
      (p.targets ?? []).some(({ expr }) => expr !== undefined) &&
      p.options?.reduceOptions?.fields !== '' &&
      'shows the time of each series as a figure',
  ),
  'marks are found at the beginning of a text': perPanel((p) => {
    const patterns = (p.fieldConfig?.defaults.mappings ?? []).flatMap(({ options }) => options.pattern ?? []);
    return patterns.some((pattern) => !asGrafana(pattern).test(`${WARNING_MARK} to 24 Feb`)) && 'never coloured';
  }),
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
  'links keep the range among pages of operations and on one page only': (d) => {
    const fits = (uid: string): boolean => uid === d.uid || uid.startsWith('ops-');
    const own = d.links.filter(({ url, keepTime }) => keepTime !== fits(url.replace('/d/', ''))).map(({ url }) => url);
    const inPanels = [...strings(d.panels)].filter((text) => {
      const [, uid] = /^\/d\/([\w-]+)/.exec(text) ?? [];
      return uid !== undefined && text.includes('${__url_time_range}') !== fits(uid);
    });
    return [...own, ...inPanels].map((url) => `${d.uid}: ${url}`);
  },
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
