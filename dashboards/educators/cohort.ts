import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import type { Panel } from '../lib/model';
import { SERIES_COLOURS } from '../lib/palette';
import { bars, queries, table, timeseries, trend } from '../lib/panels';
import { banner, calendarAnnotation, cohortVariable, educatorLinks, help, restatementAnnotation } from '../lib/shared';
import { suppression, type Suppression } from '../lib/suppression';
import { cohortTexts } from '../texts/cohort';
import * as sql from './cohort.sql';

const source = 'educator';
const t = cohortTexts.panels;

/** One query per cohort, so that each has a colour of our palette whatever its name is. */
const perCohort = (query: (place: number) => string) =>
  queries(...SERIES_COLOURS.map((colour, place) => ({ query: query(place).trim(), colour })));

const panels = (rule: Suppression): Panel[] => [
  timeseries({
    ...t.active,
    key: 'active',
    source,
    size: { w: 12, h: 8 },
    unit: 'percentunit',
    decimals: 0,
    min: 0,
    max: 1,
    interval: '7d',
    query: perCohort((place) => sql.active(place, rule)),
    fields: columns({ time: 'time', ...t.active.labels }),
  }),
  timeseries({
    ...t.watch,
    key: 'watch',
    source,
    size: { w: 12, h: 8 },
    unit: 's',
    min: 0,
    interval: '7d',
    query: perCohort((place) => sql.watch(place, rule)),
    fields: columns({ time: 'time', ...t.watch.labels }),
  }),
  bars({
    ...t.completion,
    key: 'completion',
    source,
    size: { w: 12, h: 8 },
    unit: 'percentunit',
    decimals: 0,
    min: 0,
    max: 1,
    x: 'cohort',
    query: sql.completion(rule),
    fields: columns(t.completion.labels, {
      cohort: { unit: 'string' },
      low: { style: 'low', colour: 'grey' },
      share: { colour: 'blue' },
      high: { style: 'high', colour: 'grey' },
      views: { hidden: true, unit: 'none' },
    }),
  }),
  trend({
    ...t.funnel,
    key: 'funnel',
    source,
    size: { w: 12, h: 8 },
    unit: 'percentunit',
    decimals: 0,
    min: 0,
    max: 1,
    x: 'sequence',
    query: sql.funnel(rule),
    fields: columns(t.funnel.labels, { sequence: { unit: 'none' } }),
  }),
  timeseries({
    ...t.enrolment,
    key: 'enrolment',
    source,
    size: { w: 12, h: 8 },
    min: 0,
    interval: '7d',
    query: sql.enrolment,
    fields: columns(
      { time: 'time', ...t.enrolment.labels },
      { withdrawals: { style: 'dashed', colour: 'orange' }, enrolments: { colour: 'blue' } },
    ),
  }),
  timeseries({
    ...t.late,
    key: 'late',
    source,
    size: { w: 12, h: 8 },
    unit: 'percentunit',
    decimals: 1,
    min: 0,
    interval: '1d',
    query: perCohort((place) => sql.late(place, rule)),
    fields: columns({ time: 'time', ...t.late.labels }),
  }),
  trend({
    ...t.term,
    key: 'term',
    source,
    size: { w: 12, h: 8 },
    unit: 'percentunit',
    decimals: 0,
    min: 0,
    max: 1,
    x: 'week',
    query: sql.term(rule),
    fields: columns(t.term.labels, {
      week: { unit: 'none' },
      this_term: { colour: 'blue' },
      last_term: { colour: 'grey', style: 'dashed' },
    }),
  }),
  table({
    ...t.quality,
    key: 'quality',
    source,
    size: { w: 12, h: 8 },
    query: sql.quality,
    fields: columns(t.quality.labels, {
      failed: { thresholds: { base: 'good', steps: [{ value: 1, state: 'bad' }], reason: 'no check may fail' } },
    }),
  }),
];

/** Cohort comparison: for administrators and heads of school. */
export const cohortComparison: DashboardFactory = ({ minimumGroup }) => ({
  uid: 'edu-cohort',
  title: cohortTexts.title,
  description: cohortTexts.description,
  audience: 'educators',
  tags: ['edtech', 'educators', 'simulated-data'],
  range: { from: 'now-90d', to: 'now' },
  variables: [cohortVariable(source)],
  annotations: [calendarAnnotation(source), restatementAnnotation(source)],
  links: educatorLinks('cohort'),
  panels: [banner(source), ...panels(suppression(minimumGroup)), help()],
});
