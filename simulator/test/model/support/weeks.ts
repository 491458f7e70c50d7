import { SEATS } from '../../../src/events/event-id';
import { CohortDays } from '../../../src/model/cohort-days';
import { COHORTS, SCHOOL } from '../../../src/model/cohorts';
import { dayOf } from '../../../src/model/day';
import { MIX } from '../../../src/model/event-mix';
import { isHoliday } from '../../../src/model/holidays';
import { Population } from '../../../src/model/population';
import { TermPlan } from '../../../src/model/term-plan';
import { termOf, termStart } from '../../../src/model/term-calendar';
import { mix32 } from '../../../src/random';
import { LESSON_WEEKS, versionOf } from './sample';

/** Planned sessions of one student in the lesson weeks without a holiday. */
export interface StudentWeeks {
  readonly segment: number;
  readonly counts: readonly number[];
}

const FIRST = dayOf(2026, 1, 5);

/** The plans of many students: cheap enough to see what lies between students, which a sample of events is too small for. */
export function planWeeks(seed: number, students: number): StudentWeeks[] {
  const versions = [versionOf(FIRST, seed, { students })];
  const population = new Population(mix32(seed), versions);
  const days = COHORTS.map((cohort) => new CohortDays(cohort, versions));
  const plans = new TermPlan(mix32(seed), population, days);
  const result: StudentWeeks[] = [];
  for (let index = 0; index < population.classrooms.count * SEATS; index++) {
    if (!population.exists(index)) continue;
    const cohort = COHORTS[population.cohortIndex(index)];
    const running = termOf(cohort, FIRST);
    const term = termStart(cohort, running) === FIRST ? FIRST : termStart(cohort, running + 1);
    const counts: number[] = [];
    for (let week = 0; week < LESSON_WEEKS; week++) {
      const monday = term + 7 * week;
      const days7 = [0, 1, 2, 3, 4, 5, 6].map((offset) => monday + offset);
      if (population.enrolledDay[index] >= monday || population.unenrolledDay[index] < monday + 7) continue;
      if (days7.some((day) => isHoliday(cohort.country, day))) continue;
      counts.push(days7.reduce((sum, day) => sum + plans.count(index, day), 0));
    }
    result.push({ segment: population.segment(index), counts });
  }
  return result;
}

/**
 * Planned sessions of school students by days since their class's last due date (0 to 12), each day divided by the share of its
 * weekday.
 */
export function planDueDates(seed: number, students: number): number[] {
  const versions = [versionOf(FIRST, seed, { students })];
  const population = new Population(mix32(seed), versions);
  const days = COHORTS.map((cohort) => new CohortDays(cohort, versions));
  const plans = new TermPlan(mix32(seed), population, days);
  const sums: number[] = Array(MIX.dueDates.length).fill(0);
  const visits: number[] = Array(MIX.dueDates.length).fill(0);
  for (let index = 0; index < population.classrooms.count * SEATS; index++) {
    const cohort = population.cohortIndex(index);
    if (!population.exists(index) || population.segment(index) !== SCHOOL) continue;
    for (let day = FIRST; day < FIRST + 56; day++) {
      const plan = days[cohort].plan(day);
      if (plan.kind !== 'school_day' || population.enrolledDay[index] >= day || population.unenrolledDay[index] <= day)
        continue;
      const since = day - plan.termStart - plans.dueOffset(index, plan.term) + 2 * MIX.dueDates.length;
      sums[since % MIX.dueDates.length] += plans.count(index, day) / plan.share[SCHOOL];
      visits[since % MIX.dueDates.length]++;
    }
  }
  return sums.map((sum, since) => sum / visits[since]);
}
