import type { Random } from '../random';
import type { WantedLesson } from './effects';
import { MIX } from './event-mix';
import { COURSE_LESSONS, TERM_COURSES } from './subjects';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { floor, min } = Math;

/** Lessons at the end of the catalogue that are not repeated yet: a session has at most 8 new ones and one left out. */
const NOT_YET = MIX.lessonsAtMost + 2;

/** Place in the catalogue, from 0, at which a term begins: behind what an average student saw in the term before. */
export const termCourse = (term: number, lessonsPerSegment: number): number =>
  (term * TERM_COURSES * COURSE_LESSONS) % lessonsPerSegment;

/**
 * Which lessons a session shows, one after the other and none twice. A place is the number of a lesson in the student's term, from 0;
 * whoever is through with the catalogue begins it again.
 */
export class SessionLessons {
  /** Sequence of the lesson in the catalogue, from 1. */
  sequence = 0;
  /** Whether the lesson is repeated. */
  repeat = false;
  /** The wanted lesson if it is this one. */
  wanted: WantedLesson | null = null;
  private readonly used: number[] = [];
  private course = 0;
  private earlier = 0;
  private next = 0;
  private sought: WantedLesson | null = null;

  constructor(
    private readonly random: Random,
    private readonly lessonsPerSegment: number,
  ) {}

  /** @param earlier lessons of the term begun before the day @param next place of the next new one */
  begin(segment: number, course: number, earlier: number, next: number, sought: WantedLesson | null): void {
    this.course = course;
    this.earlier = earlier;
    this.next = next;
    this.sought = sought !== null && floor(sought.lessonId / 1000) === segment + 1 ? sought : null;
    this.used.length = 0;
  }

  /** Goes on to the next lesson. */
  advance(repeat: boolean): void {
    const { sought } = this;
    const found = sought !== null && this.random.unit() < sought.views && !this.used.includes(sought.lessonId % 1000);
    this.wanted = found ? sought : null;
    this.repeat = repeat && !found && this.takeEarlier();
    if (found) this.sequence = sought.lessonId % 1000;
    else if (!this.repeat) {
      do this.sequence = this.sequenceOf(this.next++);
      while (this.used.includes(this.sequence));
    }
    this.used.push(this.sequence);
  }

  /** One of the lessons begun before the day, the latest being the likeliest (J); false if all of them were shown in this session. */
  private takeEarlier(): boolean {
    const window = min(this.earlier, this.lessonsPerSegment - NOT_YET);
    let back = 1 + (floor(this.random.exponential() * MIX.repeatBackMean) % window);
    for (let tried = 0; tried < window; tried++) {
      this.sequence = this.sequenceOf(this.earlier - back);
      if (!this.used.includes(this.sequence)) return true;
      back = (back % window) + 1;
    }
    return false;
  }

  private sequenceOf(place: number): number {
    return ((this.course + place) % this.lessonsPerSegment) + 1;
  }
}
