import type { Cohort } from './cohorts';
import { dayOf, weekdayOf, type Day } from './day';
import { isHoliday } from './holidays';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { floor } = Math;

/** Kinds of days, in the order of the enum `edtech.day_kind`. */
export const DAY_KINDS = ['school_day', 'weekend', 'holiday', 'exam', 'break'] as const;
export type DayKind = (typeof DAY_KINDS)[number];

/** Terms follow each other all year: 10 weeks of lessons, 2 of exams, 1 of break, so that a start on any date shows life. */
export const TERM_WEEKS = 13;
export const TERM_DAYS = TERM_WEEKS * 7;
const EXAM_WEEK = 10;
const BREAK_WEEK = 12;

/** A Monday; the first cohort's term 0 begins on it. */
const FIRST_TERM: Day = dayOf(2020, 1, 6);

const firstTermOf = (cohort: Cohort): Day => FIRST_TERM + 7 * cohort.termOffsetWeeks;

/** Number of the cohort's term that a day belongs to; the break week belongs to the term before it. */
export const termOf = (cohort: Cohort, day: Day): number => floor((day - firstTermOf(cohort)) / TERM_DAYS);

export const termStart = (cohort: Cohort, term: number): Day => firstTermOf(cohort) + term * TERM_DAYS;

/** Week of the term, 0 to 12. */
export const termWeek = (cohort: Cohort, day: Day): number => floor((day - termStart(cohort, termOf(cohort, day))) / 7);

/** What kind of day it is in a cohort. A break hides the weekend and the holidays in it, a holiday the exam or school day. */
export function dayKind(cohort: Cohort, day: Day): DayKind {
  const week = termWeek(cohort, day);
  if (week === BREAK_WEEK) return 'break';
  if (isHoliday(cohort.country, day)) return 'holiday';
  if (weekdayOf(day) >= 5) return 'weekend';
  return week >= EXAM_WEEK ? 'exam' : 'school_day';
}

export const isExamWeek = (cohort: Cohort, day: Day): boolean => {
  const week = termWeek(cohort, day);
  return week >= EXAM_WEEK && week < BREAK_WEEK;
};
