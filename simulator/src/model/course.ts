import type { Random } from '../random';
import { MIX } from './event-mix';
import { COURSE_LESSONS, TERM_COURSES } from './subjects';

/** Lessons at the end of the catalogue that are not repeated yet: a session has at most 8 new ones and one left out. */
const NOT_YET = MIX.lessonsAtMost + 2;

/** Place in the catalogue, from 0, at which a term begins: behind what an average student saw in the term before. */
export const termCourse = (term: number, lessonsPerSegment: number): number =>
  (term * TERM_COURSES * COURSE_LESSONS) % lessonsPerSegment;

/** Lesson number in the catalogue, from 1, of the n-th lesson of a term; whoever is through begins again. */
export const sequenceOf = (start: number, place: number, lessonsPerSegment: number): number =>
  ((start + place) % lessonsPerSegment) + 1;

/**
 * A lesson to repeat: one of the `earlier` first lessons of the term, the latest being the likeliest (J), and none of the `used` places
 * of this session. There are always enough: a session repeats no more lessons than were begun before its day.
 */
export function repeatPlace(
  random: Random,
  earlier: number,
  lessonsPerSegment: number,
  used: readonly number[],
): number {
  const window = Math.min(earlier, lessonsPerSegment - NOT_YET);
  let back = 1 + (Math.floor(random.exponential() * MIX.repeatBackMean) % window);
  while (used.includes(earlier - back)) back = (back % window) + 1;
  return earlier - back;
}
