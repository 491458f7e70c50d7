import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import { bars, stat, table, text, timeseries } from '../lib/panels';
import {
  banner,
  calendarAnnotation,
  classroomVariable,
  cohortVariable,
  educatorLinks,
  help,
  restatementAnnotation,
} from '../lib/shared';
import { common } from '../texts/common';
import { riskTexts } from '../texts/risk';
import * as sql from './risk.sql';

const source = 'educator';
const t = riskTexts.panels;

const list = table({
  ...t.list,
  key: 'list',
  source,
  size: { w: 24, h: 10 },
  query: sql.list,
  fields: columns(t.list.labels, {
    student: {
      link: {
        title: common.links.student,
        uid: 'edu-student',
        variables: { cohort: '$cohort', classroom: '$classroom', student: 'student_id' },
      },
    },
    level: {
      words: { '1': { text: common.levels[1], state: 'watch' }, '2': { text: common.levels[2], state: 'bad' } },
      width: 90,
    },
    score: { width: 80 },
    reasons: { width: 380 },
    student_id: { hidden: true },
  }),
});

const change = stat({
  ...t.change,
  key: 'change',
  source,
  size: { w: 6, h: 5 },
  query: sql.change,
  fields: columns(t.change.labels),
});

const excluded = stat({
  ...t.excluded,
  key: 'excluded',
  source,
  size: { w: 9, h: 5 },
  query: sql.excluded,
  fields: columns(t.excluded.labels, { day: { unit: 'string' } }),
});

const quality = stat({
  ...t.quality,
  key: 'quality',
  source,
  size: { w: 9, h: 5 },
  unit: 'percentunit',
  decimals: 0,
  query: sql.quality,
  fields: columns(t.quality.labels),
});

const reasons = bars({
  ...t.reasons,
  key: 'reasons',
  source,
  size: { w: 10, h: 8 },
  min: 0,
  x: 'reason',
  query: sql.reasons,
  fields: columns(t.reasons.labels, { reason: { unit: 'string' } }),
});

const trend = timeseries({
  ...t.trend,
  key: 'trend',
  source,
  size: { w: 14, h: 8 },
  min: 0,
  interval: '1d',
  query: sql.trend,
  fields: columns(
    { time: 'time', ...t.trend.labels },
    { at_risk: { colour: 'vermilion' }, watch: { colour: 'orange', style: 'dashed' } },
  ),
});

const advice = text({ ...riskTexts.advice, key: 'advice', size: { w: 24, h: 6 }, content: riskTexts.advice.body });

/** The at-risk list. Shows names: one of the two dashboards that do. */
export const risk: DashboardFactory = () => ({
  uid: 'edu-risk',
  title: riskTexts.title,
  description: riskTexts.description,
  audience: 'educators',
  tags: ['edtech', 'educators', 'student-names', 'simulated-data'],
  range: { from: 'now-28d', to: 'now' },
  variables: [cohortVariable(source), classroomVariable(source)],
  annotations: [calendarAnnotation(source), restatementAnnotation(source)],
  links: educatorLinks('risk'),
  panels: [banner(source), list, change, excluded, quality, reasons, trend, advice, help()],
});
