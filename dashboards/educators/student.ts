import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import { bars, matrix, stat, table, timeseries } from '../lib/panels';
import {
  banner,
  calendarAnnotation,
  classroomVariable,
  cohortVariable,
  educatorLinks,
  help,
  restatementAnnotation,
  studentVariable,
} from '../lib/shared';
import { common } from '../texts/common';
import { studentTexts } from '../texts/student';
import * as sql from './student.sql';

const source = 'educator';
const t = studentTexts.panels;
const WEEKDAYS = Object.fromEntries(common.weekdays.map((label, i) => [`d${i + 1}`, label]));

const seen = stat({
  ...t.seen,
  key: 'seen',
  source,
  size: { w: 14, h: 5 },
  query: sql.seen,
  fields: columns(t.seen.labels, { last_seen: { unit: 'string' } }),
});

const network = stat({
  ...t.network,
  key: 'network',
  source,
  size: { w: 10, h: 5 },
  query: sql.network,
  fields: columns(t.network.labels, { buffered: { unit: 'percentunit', decimals: 0 }, stalled: { unit: 's' } }),
});

const weeks = timeseries({
  ...t.weeks,
  key: 'weeks',
  source,
  size: { w: 14, h: 8 },
  unit: 's',
  min: 0,
  interval: '7d',
  query: sql.weeks,
  fields: columns(
    { time: 'time', ...t.weeks.labels },
    { watched: { colour: 'blue' }, usual: { colour: 'grey', style: 'dashed' } },
  ),
});

const risk = table({
  ...t.risk,
  key: 'risk',
  source,
  size: { w: 10, h: 8 },
  query: sql.risk,
  fields: columns(t.risk.labels, { first_day: { unit: 'string' }, last_day: { unit: 'string' } }),
});

const lessons = table({
  ...t.lessons,
  key: 'lessons',
  source,
  size: { w: 14, h: 10 },
  query: sql.lessons,
  fields: columns(t.lessons.labels, {
    lesson: {
      width: 300,
      link: { title: common.links.lesson, uid: 'edu-lesson', variables: { cohort: '$cohort', lesson: 'lesson_id' } },
    },
    furthest: { unit: 'percentunit', decimals: 0 },
    watched: { unit: 's' },
    lesson_id: { hidden: true },
  }),
});

const calendar = matrix({
  ...t.calendar,
  key: 'calendar',
  source,
  size: { w: 10, h: 10 },
  unit: 'm',
  decimals: 0,
  query: sql.calendar,
  fields: columns({ ...t.calendar.labels, ...WEEKDAYS }),
});

const rhythm = bars({
  ...t.rhythm,
  key: 'rhythm',
  source,
  size: { w: 24, h: 7 },
  unit: 'percentunit',
  decimals: 0,
  min: 0,
  x: 'hour',
  query: sql.rhythm,
  fields: columns(t.rhythm.labels, { hour: { unit: 'string' } }),
});

/** One student against the own past. Shows a name: one of the two dashboards that do. */
export const student: DashboardFactory = () => ({
  uid: 'edu-student',
  title: studentTexts.title,
  description: studentTexts.description,
  audience: 'educators',
  tags: ['edtech', 'educators', 'student-names', 'simulated-data'],
  range: { from: 'now-90d', to: 'now' },
  variables: [cohortVariable(source), classroomVariable(source), studentVariable()],
  annotations: [calendarAnnotation(source), restatementAnnotation(source)],
  links: educatorLinks('student'),
  panels: [banner(source), seen, network, weeks, risk, lessons, calendar, rhythm, help()],
});
