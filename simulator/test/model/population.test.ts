import { COHORTS, SCHOOL, SEGMENTS, UNIVERSITY } from '../../src/model/cohorts';
import { Enrolment, NEVER } from '../../src/model/enrolment';
import { parseDay } from '../../src/model/day';
import { isAtRisk, TermTrend } from '../../src/model/motivation';
import { Population } from '../../src/model/population';
import { termStart } from '../../src/model/term-calendar';
import { SEATS } from '../../src/events/event-id';
import { mix32, Random } from '../../src/random';
import { versionOf } from './support/sample';
import { mean, quantile, share } from './support/statistics';

const FIRST = parseDay('2026-01-05');
const population = new Population(mix32(1), [versionOf(FIRST, 1, { students: 30_000 })]);
const { classrooms } = population;
const students = Array.from({ length: classrooms.count * SEATS }, (_, index) => index).filter((index) =>
  population.exists(index),
);
const isBeginner = (index: number): boolean => index % SEATS < classrooms.size[Math.floor(index / SEATS)];

describe('the population', () => {
  it('fills classrooms of 8 to 40 seats with exactly the students asked for', () => {
    for (const count of [40, 41, 300, 2000, 10_000]) {
      const rooms = new Population(mix32(7), [versionOf(FIRST, 7, { students: count })]).classrooms;
      expect([...rooms.size].reduce((a, b) => a + b, 0)).toBe(count);
      expect(Math.min(...rooms.size)).toBeGreaterThanOrEqual(8);
      expect(Math.max(...rooms.size)).toBeLessThanOrEqual(40);
    }
    expect(Math.abs(mean([...classrooms.size]) - 24)).toBeLessThan(0.5);
  });

  it('has 60 % school, 25 % university and 15 % evening, the same in every cohort', () => {
    const beginners = students.filter(isBeginner);
    for (const [segment, expected] of [0.6, 0.25, 0.15].entries())
      expect(Math.abs(share(beginners, (index) => population.segment(index) === segment) - expected)).toBeLessThan(
        0.02,
      );
    for (let cohort = 0; cohort < COHORTS.length; cohort++)
      expect(Math.abs(share(beginners, (index) => population.cohortIndex(index) === cohort) - 0.25)).toBeLessThan(0.02);
  });

  it('refuses more students than there are numbers for', () => {
    const version = versionOf(FIRST, 1);
    const many = { ...version, config: { ...version.config, students: 1_700_000 } };
    expect(() => new Population(1, [many])).toThrow('allowed are 4194303');
  });

  it('enrols newcomers of the university months before the term, nine in ten of the school before it', () => {
    const university = newcomers(UNIVERSITY).map(({ day, since }) => day - since);
    for (const [p, days] of [
      [0.25, -100],
      [0.5, -57],
      [0.75, -29],
    ])
      expect(Math.abs(quantile(university, p) - days)).toBeLessThanOrEqual(3);
    expect(Math.abs(share(newcomers(SCHOOL), ({ day, since }) => day < since) - 0.9)).toBeLessThan(0.02);
  });

  it.each([
    [SCHOOL, 12, 0.976],
    [UNIVERSITY, 4, 0.922],
    [UNIVERSITY, 12, 0.851],
  ])('keeps segment %i for %i weeks with probability near %f', (segment, weeks, expected) => {
    const stays = share(newcomers(segment), ({ since, left }) => left - since > 7 * weeks);
    expect(Math.abs(stays - expected)).toBeLessThan(0.02);
  });

  it('never lets a student leave before the enrolment, nor anybody before the first day', () => {
    expect(students.every((index) => population.unenrolledDay[index] > population.enrolledDay[index])).toBe(true);
    expect(students.every((index) => population.unenrolledDay[index] > FIRST)).toBe(true);
    expect(students.some((index) => population.unenrolledDay[index] === NEVER)).toBe(true);
  });

  it('keeps its size over two years', () => {
    const enrolled = (day: number): number =>
      students.filter((index) => population.enrolledDay[index] <= day && population.unenrolledDay[index] > day).length;
    for (const days of [91, 182, 365, 730])
      expect(Math.abs(enrolled(FIRST + days) / enrolled(FIRST) - 1)).toBeLessThan(0.08);
  });
});

/** Students who come in later terms: their enrolment, the start that their weeks count from, and their withdrawal. */
function newcomers(segment: number): { day: number; since: number; left: number }[] {
  const versions = [versionOf(FIRST, 1)];
  const enrolment = new Enrolment(mix32(1), versions);
  const random = new Random(1, 2, 3, 4);
  const rooms = Array.from({ length: 400 }, (_, room) => room);
  return rooms.flatMap((room) =>
    enrolment
      .room(room, COHORTS[room % 4], segment, 24, 0)
      .slice(24)
      // The first terms have lost those who would have enrolled before the stream began.
      .filter(({ since }) => since > FIRST + 300)
      .map((enrolled, seat) => ({
        ...enrolled,
        left: enrolment.leavingDay(room * SEATS + seat, COHORTS[room % 4], segment, enrolled, random.normal()),
      })),
  );
}

describe('motivation', () => {
  const base = (week: number): number[] =>
    SEGMENTS.map((_, segment) => {
      const trend = new TermTrend(mix32(1));
      return share(
        students.filter((index) => population.segment(index) === segment),
        (index) => {
          const start = termStart(COHORTS[0], 24);
          trend.draw(index, segment, 24, start, population.motivation[index]);
          return isAtRisk(population.motivation[index] - trend.fallen(start + 7 * week), segment);
        },
      );
    });

  it('puts 12 to 16 % of the school and about 31 % of the university at risk', () => {
    const [school, university, evening] = [4, 8, 11]
      .map(base)
      .reduce((a, b) => a.map((value, i) => value + b[i] / 3), [0, 0, 0]);
    expect(school).toBeGreaterThan(0.12);
    expect(school).toBeLessThan(0.16);
    expect(Math.abs(university - 0.31)).toBeLessThan(0.03);
    expect(Math.abs(evening - 0.25)).toBeLessThan(0.04);
  });

  it('falls during a term and starts anew in the next', () => {
    const trend = new TermTrend(5);
    let fallen = 0;
    for (let index = 0; index < 2000; index++) {
      trend.draw(index, UNIVERSITY, 3, 1000, -1);
      const path = [0, 10, 30, 60, 90].map((day) => trend.fallen(1000 + day));
      expect(path).toEqual([...path].sort((a, b) => a - b));
      if (path[4] > 0) fallen++;
    }
    expect(fallen / 2000).toBeGreaterThan(0.35);
    expect(fallen / 2000).toBeLessThan(0.6);
  });
});
