import { faker } from '@faker-js/faker/locale/en';
import { hash32, mix32, normalQuantile, Purpose, unit } from '../random';
import { SEGMENTS, type SegmentName } from './cohorts';
import { COURSE_LESSONS, SUBJECTS, TERM_COURSES } from './subjects';

export interface Lesson {
  readonly lessonId: number;
  readonly segment: SegmentName;
  /** Place in the segment's catalogue, from 1. */
  readonly sequence: number;
  readonly subject: string;
  readonly title: string;
  /** 90 to 1,500. */
  readonly lengthSeconds: number;
}

/** K14: mean 466 s; median 402 s and spread 0.55 give it. */
const LENGTH = { medianSeconds: 402, spread: 0.55, shortest: 90, longest: 1500 };
/** Difficulty 0.7 to 1.5, mean 1: 0.7 + 0.8 u^(5/3). J. */
const DIFFICULTY = { easiest: 0.7, range: 0.8, exponent: 5 / 3 };

const GOLDEN_SECTION = 0.6180339887498949;

/**
 * The lessons of every segment. A lesson's number is `1000 × (segment code + 1) + sequence`. Lengths and difficulties are spread
 * evenly over their distributions and dealt out in an order of the seed: a catalogue of a hundred lessons is too small to leave its
 * mean to chance.
 */
export class Curriculum {
  readonly lessonsPerSegment: number;
  /** Length and difficulty by {@link lessonIndex}. */
  readonly lengthSeconds: Int32Array;
  readonly difficulty: Float64Array;
  private named: readonly Lesson[] | undefined;

  constructor(
    private readonly seed: number,
    lessonsPerSegment: number,
  ) {
    this.lessonsPerSegment = lessonsPerSegment;
    this.lengthSeconds = new Int32Array(SEGMENTS.length * lessonsPerSegment);
    this.difficulty = new Float64Array(SEGMENTS.length * lessonsPerSegment);
    for (let segment = 0; segment < SEGMENTS.length; segment++) this.fill(segment);
  }

  lessonIndex(segment: number, sequence: number): number {
    return segment * this.lessonsPerSegment + sequence - 1;
  }

  lessonId(segment: number, sequence: number): number {
    return 1000 * (segment + 1) + sequence;
  }

  indexOfId(lessonId: number): number {
    return this.lessonIndex(Math.floor(lessonId / 1000) - 1, lessonId % 1000);
  }

  /** All lessons with their names, ascending by number. */
  get lessons(): readonly Lesson[] {
    this.named ??= SEGMENTS.flatMap((segment, code) => this.nameSegment(segment, code));
    return this.named;
  }

  /**
   * Every course gets one lesson of each of 24 length classes, the five courses of a term different parts of each class; the difficulty
   * walks through its range by the golden section, so that no course is all hard or has only its long lessons hard.
   */
  private fill(segment: number): void {
    const terms = Math.ceil(this.lessonsPerSegment / (COURSE_LESSONS * TERM_COURSES));
    for (let place = 0; place < this.lessonsPerSegment; place++) {
      const course = Math.floor(place / COURSE_LESSONS);
      const inTerm = course % TERM_COURSES;
      const rank = this.shuffled(segment, 1000 + course, COURSE_LESSONS)[place % COURSE_LESSONS];
      const part = this.shuffled(segment, rank, TERM_COURSES)[inTerm];
      const detail = this.shuffled(segment, 100 + rank * TERM_COURSES + inTerm, terms)[
        Math.floor(course / TERM_COURSES)
      ];
      const quantile = (rank + (part + (detail + 0.5) / terms) / TERM_COURSES) / COURSE_LESSONS;
      const length = LENGTH.medianSeconds * Math.exp(LENGTH.spread * normalQuantile(quantile));
      const index = segment * this.lessonsPerSegment + place;
      this.lengthSeconds[index] = Math.round(Math.min(LENGTH.longest, Math.max(LENGTH.shortest, length)));
      const even = (rank * GOLDEN_SECTION + unit(hash32(this.seed, Purpose.lesson, segment, course))) % 1;
      this.difficulty[index] =
        DIFFICULTY.easiest + DIFFICULTY.range * Math.exp(DIFFICULTY.exponent * Math.log(even + 1e-12));
    }
  }

  private shuffled(segment: number, which: number, length: number): number[] {
    const draws = Array.from({ length }, (_, item) => hash32(this.seed, Purpose.lessonOrder, segment, which, item));
    return draws.map((_, item) => item).sort((a, b) => draws[a] - draws[b] || a - b);
  }

  private nameSegment(segment: SegmentName, code: number): Lesson[] {
    const subjects = SUBJECTS[segment];
    return Array.from({ length: this.lessonsPerSegment }, (_, place) => {
      const course = Math.floor(place / COURSE_LESSONS);
      const subject = subjects[(course + hash32(this.seed, Purpose.courseOrder, code)) % subjects.length];
      faker.seed([mix32(this.seed ^ Purpose.lesson), code, place]);
      return {
        lessonId: this.lessonId(code, place + 1),
        segment,
        sequence: place + 1,
        subject: subject.name,
        title: subject.title(faker),
        lengthSeconds: this.lengthSeconds[code * this.lessonsPerSegment + place],
      };
    });
  }
}
