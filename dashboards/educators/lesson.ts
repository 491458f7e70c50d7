import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import type { Panel } from '../lib/model';
import { bars, stat, table, timeseries, trend } from '../lib/panels';
import {
  banner,
  calendarAnnotation,
  cohortVariable,
  educatorLinks,
  help,
  lessonVariable,
  restatementAnnotation,
} from '../lib/shared';
import { suppression, type Suppression } from '../lib/suppression';
import { lessonTexts } from '../texts/lesson';
import * as sql from './lesson.sql';

const source = 'educator';
const t = lessonTexts.panels;

const panels = (rule: Suppression): Panel[] => [
  table({
    ...t.need,
    key: 'need',
    source,
    size: { w: 24, h: 9 },
    query: sql.need(rule),
    fields: columns(t.need.labels, {
      lesson: {
        width: 320,
        link: { title: lessonTexts.title, uid: 'edu-lesson', variables: { cohort: '$cohort', lesson: 'lesson_id' } },
      },
      length: { unit: 's' },
      stalled: { unit: 's' },
      lesson_id: { hidden: true },
    }),
  }),
  trend({
    ...t.dropOff,
    key: 'drop-off',
    source,
    size: { w: 12, h: 9 },
    unit: 'percentunit',
    min: 0,
    max: 1,
    x: 'position',
    query: sql.dropOff(rule),
    fields: columns(t.dropOff.labels, {
      position: { unit: 'percent' },
      first: { colour: 'blue' },
      repeats: { colour: 'orange', style: 'dotted' },
    }),
  }),
  bars({
    ...t.pauses,
    key: 'pauses',
    source,
    size: { w: 12, h: 9 },
    min: 0,
    x: 'position',
    query: sql.pauses(rule),
    fields: columns(t.pauses.labels, { position: { unit: 'string' } }),
  }),
  timeseries({
    ...t.completion,
    key: 'completion',
    source,
    size: { w: 12, h: 8 },
    unit: 'percentunit',
    decimals: 0,
    min: 0,
    max: 1,
    interval: '1d',
    query: sql.completion(rule),
    fields: columns({ time: 'time', ...t.completion.labels }),
  }),
  bars({
    ...t.length,
    key: 'length',
    source,
    size: { w: 6, h: 8 },
    unit: 'percentunit',
    decimals: 0,
    min: 0,
    x: 'bucket',
    query: sql.length(rule),
    fields: columns(t.length.labels, { bucket: { unit: 'string' } }),
  }),
  bars({
    ...t.devices,
    key: 'devices',
    source,
    size: { w: 6, h: 8 },
    unit: 'percentunit',
    decimals: 0,
    min: 0,
    x: 'device',
    query: sql.devices(rule),
    fields: columns(t.devices.labels, { device: { unit: 'string' } }),
  }),
  stat({
    ...t.time,
    key: 'time',
    source,
    size: { w: 10, h: 5 },
    unit: 's',
    query: sql.time(rule),
    fields: columns(t.time.labels, { day: { unit: 'string' } }),
  }),
  stat({
    ...t.repeats,
    key: 'repeats',
    source,
    size: { w: 7, h: 5 },
    query: sql.repeats(rule),
    fields: columns(t.repeats.labels, { repeats: { unit: 'string' } }),
  }),
  stat({
    ...t.compared,
    key: 'compared',
    source,
    size: { w: 7, h: 5 },
    query: sql.compared(rule),
    fields: columns(t.compared.labels, { difference: { unit: 'points' } }),
  }),
];

/** Lesson effectiveness: for who makes or chooses lessons; figures are of a whole cohort, so small groups are suppressed. */
export const lessonEffectiveness: DashboardFactory = ({ minimumGroup }) => ({
  uid: 'edu-lesson',
  title: lessonTexts.title,
  description: lessonTexts.description,
  audience: 'educators',
  tags: ['edtech', 'educators', 'simulated-data'],
  range: { from: 'now-14d', to: 'now' },
  variables: [cohortVariable(source), lessonVariable(source)],
  annotations: [calendarAnnotation(source), restatementAnnotation(source)],
  links: educatorLinks('lesson'),
  panels: [banner(source), ...panels(suppression(minimumGroup)), help()],
});
