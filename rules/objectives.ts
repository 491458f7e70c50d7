import { milliseconds, type Group, type PromDuration, type Recording } from './model';

/** A promise to the people who use the platform. */
export interface Objective {
  readonly slo: string;
  /** What counts as good, for people. */
  readonly good: string;
  /** Share of the time that must be good. */
  readonly target: number;
  /** Time over which the budget is counted, where samples are kept so long. */
  readonly window: PromDuration;
  /** 1 while it is bad and 0 while it is good. A figure that is absent is bad unless its absence is good news. */
  readonly bad: string;
}

const WATERMARK_AGE = 'time() - max(edtech_ingest_watermark_timestamp_seconds)';
const COMMIT_AGE = 'time() - max(edtech_ingest_last_commit_timestamp_seconds)';
/** A pod is available while `/api/health` answers; where no cluster counts pods, Grafana's own page must answer. */
const GRAFANA =
  '(max(kube_deployment_status_replicas_available{deployment="edtech-grafana"}) or sum(up{job="grafana"})) > bool 0';

export const OBJECTIVES: readonly Objective[] = [
  {
    slo: 'availability',
    good: 'a batch was committed in the last minute and Grafana answers',
    target: 0.995,
    window: '30d',
    bad: `(1 - (${COMMIT_AGE} < bool 60) * (${GRAFANA})) or vector(1)`,
  },
  {
    slo: 'freshness',
    good: 'the oldest watermark is younger than 30 s',
    target: 0.995,
    window: '30d',
    bad: `(${WATERMARK_AGE} > bool 30) or vector(1)`,
  },
  {
    slo: 'latency',
    good: '95 of 100 queries of dashboards are answered within 2 s',
    target: 0.95,
    window: '7d',
    // Nobody looking is not a slow answer.
    bad: '(job:grafana_query:p95_5m > bool 2) or vector(0)',
  },
];

/** Seconds between two samples of `slo:bad`. */
const SAMPLE_SECONDS = 15;
/** Within this a new platform comes up; nothing is ingested meanwhile, which is nobody's broken promise. */
const START_SECONDS = 1800;

/** Short windows show that it is still going on, long ones that it matters. */
const FAST_WINDOWS = ['5m', '30m', '1h', '6h'] as const;

/** What is older than the samples cannot be counted: the budget is that of the days that there are. */
const budgetWindow = ({ window }: Objective, daysKept: number): PromDuration =>
  milliseconds(window) > daysKept * milliseconds('1d') ? `${daysKept}d` : window;

const budgetOf = ({ target }: Objective): number => Number((1 - target).toFixed(6));
const ratio = (window: string): Recording => ({
  record: `slo:error_ratio:${window}`,
  expr: `avg_over_time(slo:bad[${window}])`,
});

/** Bad time is a share of the whole window and not of the samples there are: of a month, an hour's first minutes are little. */
const budgetLeft = (window: PromDuration, slos: readonly string[]): string => {
  const samples = milliseconds(window) / 1000 / SAMPLE_SECONDS;
  return `1 - sum_over_time(slo:bad{slo=~"${slos.join('|')}"}[${window}]) / ${samples} / on (slo) slo:budget`;
};

const budgetsLeft = (daysKept: number): string => {
  const windows = new Map<PromDuration, string[]>();
  for (const objective of OBJECTIVES) {
    const window = budgetWindow(objective, daysKept);
    windows.set(window, [...(windows.get(window) ?? []), objective.slo]);
  }
  return [...windows].map(([window, slos]) => `(${budgetLeft(window, slos)})`).join(' or ');
};

/** @param daysKept whole days that samples are kept */
export const objectiveGroups = (daysKept: number): Group[] => [
  {
    name: 'slo',
    interval: `${SAMPLE_SECONDS}s`,
    recordings: [
      {
        record: 'job:grafana_query:p95_5m',
        expr: 'histogram_quantile(0.95, sum by (le) (rate(grafana_plugin_request_duration_seconds_bucket{plugin_id="grafana-postgresql-datasource", endpoint="queryData"}[5m])))',
      },
      ...OBJECTIVES.flatMap((objective) => [
        { record: 'slo:bad', expr: objective.bad, labels: { slo: objective.slo } },
        { record: 'slo:budget', expr: `vector(${budgetOf(objective)})`, labels: { slo: objective.slo } },
      ]),
      ...FAST_WINDOWS.map(ratio),
    ],
  },
  {
    // Days of samples are read each time: not every 15 s.
    name: 'slo-long',
    interval: '5m',
    recordings: [ratio('3d'), { record: 'slo:budget_left', expr: budgetsLeft(daysKept) }],
  },
];

/** What of a budget may burn how fast. */
interface Burn {
  /** Multiple of the speed at which the budget lasts exactly its window. */
  readonly rate: number;
  readonly long: PromDuration;
  readonly short: PromDuration;
}

/** By alert. What part of a budget that is hangs on its window: 14.4 over an hour is 2 % of one of 30 days and 8.6 % of one of seven. */
export const BURNS = {
  SloBurnFast: [
    { rate: 14.4, long: '1h', short: '5m' },
    { rate: 6, long: '6h', short: '30m' },
  ],
  SloBurnSlow: [{ rate: 1, long: '3d', short: '6h' }],
} as const satisfies Record<string, readonly Burn[]>;

/** Part of the budget of a window that is gone when it has burned so for the long time. */
export const budgetBurnt = ({ rate, long }: Burn, window: PromDuration): number =>
  (rate * milliseconds(long)) / milliseconds(window);

/** Too much of both windows is bad, and the start of a new platform has left the short one. */
function burns({ rate, long, short }: Burn): string {
  const samples = (milliseconds(short) / 1000 + START_SECONDS) / SAMPLE_SECONDS;
  return [
    ...[long, short].map((window) => `slo:error_ratio:${window} > on (slo) ${rate} * slo:budget`),
    `count_over_time(slo:bad[${long}]) > ${samples}`,
  ].join(' and on (slo) ');
}

export const BURNS_FAST = BURNS.SloBurnFast.map((burn) => `(${burns(burn)})`).join(' or ');
export const BURNS_SLOWLY = burns(BURNS.SloBurnSlow[0]);
