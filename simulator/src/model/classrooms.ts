import { faker } from '@faker-js/faker/locale/en';
import { hash32, mix32, normalQuantile, Purpose, unit } from '../random';
import { MAX_STUDENT_ID, SEATS } from '../events/event-id';
import { COHORTS, PLACEMENT, SEGMENTS, type SegmentName } from './cohorts';
import { StreamConfigError, type StreamVersion } from './config';

export interface Classroom {
  readonly classroomId: number;
  readonly cohortId: number;
  readonly segment: SegmentName;
  /** Unique in its cohort. */
  readonly name: string;
  /** Seats of the students it begins with; students of later terms take further seats. */
  readonly size: number;
}

/** OECD: 21 to 23 on average, 16 to 31 by country. Spread J. */
const SIZE = { mean: 24, spread: 5, smallest: 8, largest: 40 };

/**
 * Classrooms as typed arrays, index = classroom number − 1. A later version with more students appends classrooms and leaves the
 * others alone.
 */
export class Classrooms {
  readonly count: number;
  /** Index into COHORTS. */
  readonly cohort: Uint8Array;
  readonly segment: Uint8Array;
  readonly size: Uint8Array;
  /** Index of the version that opened the classroom. */
  readonly version: Uint16Array;

  constructor(
    private readonly seed: number,
    versions: readonly StreamVersion[],
  ) {
    const sizes: number[] = [];
    const opened: number[] = [];
    let students = 0;
    versions.forEach(({ config }, version) => {
      const more = dealSizes(config.students - students, (room) => this.drawSize(sizes.length + room));
      for (const size of more) {
        sizes.push(size);
        opened.push(version);
      }
      students = config.students;
    });
    this.count = sizes.length;
    const largest = (this.count + 1) * SEATS - 1;
    if (largest > MAX_STUDENT_ID)
      throw new StreamConfigError([
        `${students} students need numbers up to ${largest}, allowed are ${MAX_STUDENT_ID}`,
      ]);
    this.size = Uint8Array.from(sizes);
    this.version = Uint16Array.from(opened);
    this.cohort = new Uint8Array(this.count);
    this.segment = new Uint8Array(this.count);
    this.place();
  }

  describe(index: number): Classroom {
    const segment = SEGMENTS[this.segment[index]];
    return {
      classroomId: index + 1,
      cohortId: COHORTS[this.cohort[index]].cohortId,
      segment,
      name: this.name(index),
      size: this.size[index],
    };
  }

  /** The number in the name makes it unique. */
  private name(index: number): string {
    faker.seed([mix32(this.seed ^ Purpose.classroom), index]);
    const place = faker.location.street();
    const kind = { school: 'School', university: 'University', evening: 'Evening Class' }[
      SEGMENTS[this.segment[index]]
    ];
    return `${place} ${kind} ${index + 1}`;
  }

  private drawSize(index: number): number {
    const size = Math.round(
      SIZE.mean + SIZE.spread * normalQuantile(unit(hash32(this.seed, Purpose.classroom, index))),
    );
    return Math.min(SIZE.largest, Math.max(SIZE.smallest, size));
  }

  /** Deals each block of classrooms to the cohorts and segments in the numbers of PLACEMENT, in an order of the seed. */
  private place(): void {
    const block = PLACEMENT.flatMap((row, cohort) =>
      row.flatMap((rooms, segment) => Array(rooms).fill({ cohort, segment })),
    );
    for (let start = 0; start < this.count; start += block.length) {
      const draw = block.map((_, slot) => hash32(this.seed, Purpose.classroomOrder, start, slot));
      const order = block.map((_, slot) => slot).sort((a, b) => draw[a] - draw[b] || a - b);
      for (let index = start; index < Math.min(this.count, start + block.length); index++) {
        const { cohort, segment } = block[order[index - start]];
        this.cohort[index] = cohort;
        this.segment[index] = segment;
      }
    }
  }
}

/** Sizes that sum up to `students` exactly: the last two rooms share what is left when it is too little for a room of its own. */
function dealSizes(students: number, draw: (room: number) => number): number[] {
  const sizes: number[] = [];
  let left = students;
  while (left > 0) {
    const size = Math.min(left, draw(sizes.length));
    sizes.push(size);
    left -= size;
  }
  const last = sizes[sizes.length - 1];
  if (sizes.length > 1 && last < SIZE.smallest) {
    const both = sizes.pop()! + sizes.pop()!;
    if (both <= SIZE.largest) sizes.push(both);
    else sizes.push(Math.ceil(both / 2), Math.floor(both / 2));
  }
  return sizes;
}
