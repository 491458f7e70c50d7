import { configHash, parseStreamConfig, StreamConfigError } from '../../src/model/config';
import { parseDay } from '../../src/model/day';
import { parseScenario } from '../../src/model/scenario';
import { Stream } from '../../src/model/stream';
import { checksum, dayOfStream } from './support/events';
import { versionOf } from './support/sample';

const FIRST = parseDay('2026-01-05');
const LATER = FIRST + 20;
const plain = versionOf(FIRST, 4, { students: 300 });

const problemsOf = (make: () => unknown): readonly string[] => {
  try {
    make();
  } catch (error) {
    if (error instanceof StreamConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('a later version', () => {
  const before = new Stream([plain]);
  const config = {
    students: 500,
    heartbeatSeconds: 60,
    scenarios: [
      { name: 'churn-wave', start: '2026-01-10', cohort: 1 },
      { name: 'snow-day', start: '2026-01-27', cohort: 3 },
    ],
  };
  const after = new Stream([plain, versionOf(LATER, 4, config)]);

  it('leaves the days before it alone, also where its scenarios begin earlier', () => {
    for (let day = FIRST; day < LATER; day += 3)
      expect(checksum(dayOfStream(after, day))).toBe(checksum(dayOfStream(before, day)));
    for (const id of before.studentIds())
      if ((before.student(id).unenrolledAt ?? Infinity) < LATER * 86_400_000 - 86_400_000)
        expect(after.student(id)).toEqual(before.student(id));
  });

  it('holds from its day on', () => {
    expect(checksum(dayOfStream(after, LATER + 2))).not.toBe(checksum(dayOfStream(before, LATER + 2)));
  });

  it('appends classrooms and keeps the others; its students enrol from its day on', () => {
    const rooms = before.classrooms();
    expect(after.classrooms().slice(0, rooms.length)).toEqual(rooms);
    const added = [...after.studentIds()]
      .map((id) => after.student(id))
      .filter(({ classroomId }) => classroomId > rooms.length);
    expect(added.length).toBeGreaterThanOrEqual(200);
    expect(Math.min(...added.map(({ enrolledAt }) => enrolledAt))).toBeGreaterThan(
      before.streamDay(4, LATER).startsAt - 86_400_000,
    );
  });
});

describe('versions that cannot follow each other', () => {
  it('are refused with every problem at once', () => {
    const problems = problemsOf(
      () =>
        new Stream([
          plain,
          {
            ...versionOf(FIRST, 5, { students: 200, lessonsPerSegment: 48, preset: 'self-enrolled' }),
            modelVersion: '0',
          },
        ]),
    );
    expect(problems).toEqual([
      'version of 2026-01-05: model version "0" is unknown, this program has "1"',
      'version of 2026-01-05: does not begin after the one before it',
      "version of 2026-01-05: seed 5 differs from the stream's 4",
      'version of 2026-01-05: students may not fall from 300 to 200',
      'version of 2026-01-05: lessonsPerSegment may not change from 360',
      'version of 2026-01-05: preset may not change from campus',
    ]);
    expect(problemsOf(() => new Stream([]))).toEqual(['a stream needs at least one version, got none']);
    expect(problemsOf(() => new Stream([{ ...plain, seed: 1.5 }]))[0]).toContain('seed 1.5 is not a whole number');
  });
});

describe('settings', () => {
  it('have defaults', () => {
    expect(parseStreamConfig()).toEqual({
      students: 10_000,
      lessonsPerSegment: 360,
      heartbeatSeconds: 30,
      preset: 'campus',
      scenarios: [],
    });
  });

  it('are refused with every problem at once', () => {
    const problems = problemsOf(() =>
      parseStreamConfig({
        students: 3,
        heartbeatSeconds: 'often',
        colour: 1,
        scenarios: [{ name: 'churn-wave', start: '2026-02-30' }],
      }),
    );
    const text = problems.join('\n');
    for (const part of ['students', 'heartbeatSeconds', 'colour', '"2026-02-30" is not a date'])
      expect(text).toContain(part);
  });

  it('hash alike in any order of their keys and differently when one changes', () => {
    const config = parseStreamConfig({ students: 100, heartbeatSeconds: 30 });
    const turned = Object.fromEntries(Object.entries(config).reverse()) as typeof config;
    expect(configHash(turned)).toBe(configHash(config));
    expect(configHash({ ...config, heartbeatSeconds: 31 })).not.toBe(configHash(config));
  });
});

describe('a scenario of the command line', () => {
  it('is read with its settings and defaults', () => {
    expect(parseScenario('churn-wave:start=2026-03-02,cohort=2', FIRST)).toEqual({
      name: 'churn-wave',
      start: '2026-03-02',
      end: '2026-03-22',
      cohort: 2,
    });
    expect(parseScenario('outage', FIRST)).toEqual({ name: 'outage', start: '2026-01-05', end: '2026-01-05' });
  });

  it('needs a start where no day is at hand', () => {
    expect(() => parseScenario('outage')).toThrow('start: is needed here, as in start=2026-03-02');
    expect(parseScenario('outage:start=2026-03-02')).toMatchObject({ start: '2026-03-02' });
  });

  it.each([
    ['meteor', 'known are outage'],
    ['churn-wave', 'churn-wave needs a cohort'],
    ['snow-day:cohort=7', 'cohort'],
    ['slow-wifi:classroom=2,start=2026-02-02,end=2026-02-01', '2026-02-01 is before the start 2026-02-02'],
    ['outage:colour=1', 'colour'],
  ])('is refused: %s', (text, message) => expect(() => parseScenario(text, FIRST)).toThrow(message));
});
