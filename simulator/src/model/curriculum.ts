import { faker } from '@faker-js/faker/locale/en';
import { hash32, mix32, normalQuantile, Purpose, unit } from '../random';
import { SEGMENTS, type SegmentName } from './cohorts';
import { COURSE_LESSONS, SUBJECTS } from './subjects';

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

  /** All lessons with their names, ascending by number. */
  get lessons(): readonly Lesson[] {
    this.named ??= SEGMENTS.flatMap((segment, code) => this.nameSegment(segment, code));
    return this.named;
  }

  private fill(segment: number): void {
    const count = this.lessonsPerSegment;
    const order = Array.from({ length: count }, (_, rank) => rank);
    const draw = (purpose: number, rank: number): number => hash32(this.seed, purpose, segment, rank);
    order.sort((a, b) => draw(Purpose.lessonOrder, a) - draw(Purpose.lessonOrder, b) || a - b);
    const shift = unit(draw(Purpose.lesson, 0));
    order.forEach((rank, place) => {
      const index = segment * count + place;
      const length = LENGTH.medianSeconds * Math.exp(LENGTH.spread * normalQuantile((rank + 0.5) / count));
      this.lengthSeconds[index] = Math.round(Math.min(LENGTH.longest, Math.max(LENGTH.shortest, length)));
      const even = (radicalInverse(rank) + shift) % 1;
      this.difficulty[index] =
        DIFFICULTY.easiest + DIFFICULTY.range * Math.exp(DIFFICULTY.exponent * Math.log(even + 1e-12));
    });
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

/** Van der Corput's sequence in base 2: neighbours in length get difficulties far apart. */
function radicalInverse(rank: number): number {
  let inverse = 0;
  for (let digit = 0.5, rest = rank; rest > 0; digit /= 2, rest = Math.floor(rest / 2)) inverse += digit * (rest % 2);
  return inverse;
}
