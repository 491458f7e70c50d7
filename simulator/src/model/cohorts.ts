/** The kinds of learners, in the order of the enum `edtech.segment`; the index is the code. A classroom has one segment. */
export const SEGMENTS = ['school', 'university', 'evening'] as const;
export type SegmentName = (typeof SEGMENTS)[number];
export const SCHOOL = 0;
export const UNIVERSITY = 1;
export const EVENING = 2;

/** A group of classrooms that share a time zone, a term calendar and holidays. */
export interface Cohort {
  readonly cohortId: number;
  readonly name: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Rules of the public holidays. */
  readonly country: 'US' | 'BR' | 'RU' | 'JP';
  /** Weeks by which its terms begin later than those of the first cohort, so that the breaks never coincide. */
  readonly termOffsetWeeks: number;
}

/** Four zones spread around the globe: somewhere it is always day, so the stream never dries up. */
export const COHORTS: readonly Cohort[] = [
  { cohortId: 1, name: 'Pacific', timeZone: 'America/Los_Angeles', country: 'US', termOffsetWeeks: 0 },
  { cohortId: 2, name: 'Brasilia', timeZone: 'America/Sao_Paulo', country: 'BR', termOffsetWeeks: 3 },
  { cohortId: 3, name: 'Moscow', timeZone: 'Europe/Moscow', country: 'RU', termOffsetWeeks: 6 },
  { cohortId: 4, name: 'Tokyo', timeZone: 'Asia/Tokyo', country: 'JP', termOffsetWeeks: 9 },
];

/**
 * Classrooms of 80 by cohort (rows) and segment (columns): 60 % school, 25 % university, 15 % evening, the same number in each cohort.
 */
export const PLACEMENT: readonly (readonly number[])[] = [
  [12, 5, 3],
  [12, 5, 3],
  [12, 5, 3],
  [12, 5, 3],
];
