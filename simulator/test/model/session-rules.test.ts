import { EVENT_TYPES, EventColumns, EventType, NONE } from '../../src/events/columns';
import { HOUR_MS, parseDay } from '../../src/model/day';
import { FOLLOWERS, OUTSIDE, SessionRules, stateName } from '../../src/model/session-rules';
import { Stream } from '../../src/model/stream';
import { eventsOf, type Row } from './support/events';
import { versionOf } from './support/sample';

const E = EventType;
const START = Date.parse('2026-01-05T10:00:00Z');
const LENGTH = 200;
const lengthOf = (lessonId: number): number | undefined =>
  lessonId === 1001 || lessonId === 1002 ? LENGTH : undefined;

/** Events of one session, ten seconds apart, with ten seconds watched where time is watched; columns as they must be. */
function session(...types: readonly number[]): Row[] {
  let position = 0;
  let lessonId = 1000;
  return types.map((eventType, n) => {
    const bare = eventType === E.session_started || eventType === E.session_ended;
    if (eventType === E.lesson_started) {
      lessonId++;
      position = 0;
    }
    const still = bare || eventType === E.lesson_started || eventType === E.resumed;
    const watchedSeconds = still ? 0 : 10;
    if (eventType === E.lesson_completed) position = LENGTH - 10;
    if (!bare) position += watchedSeconds;
    const occurredAt = START + n * 10_000;
    return {
      occurredAt,
      receivedAt: occurredAt + 100,
      sessionStartedAt: START,
      studentId: 63,
      lessonId: bare ? NONE : lessonId,
      eventType,
      positionSeconds: bare ? NONE : position,
      watchedSeconds,
      stalledMs: eventType === E.lesson_started || eventType === E.buffered ? 900 : 0,
      device: 0,
    };
  });
}

/** A session with every kind of event; the positions add up to the completion. */
function whole(): Row[] {
  const rows = session(
    E.session_started, E.lesson_started, E.heartbeat, E.paused, E.resumed, E.seeked, E.buffered, E.heartbeat, E.lesson_completed,
    E.lesson_started, E.heartbeat, E.paused, E.abandoned, E.session_ended,
  ); // prettier-ignore
  for (const row of rows.slice(5, 8)) row.positionSeconds += 140;
  rows[8].positionSeconds = rows[7].positionSeconds + 10;
  return rows;
}

const broken = (rows: readonly Row[]): string[] => [
  ...new Set(new SessionRules(lengthOf).check(eventsOf(rows)).map(({ rule }) => rule)),
];
const change = (row: number, values: Partial<Row>): Row[] =>
  whole().map((old, index) => (index === row ? { ...old, ...values } : old));

/** A way to each state of the machine. */
const REACH: ReadonlyMap<number, readonly number[]> = new Map([
  [OUTSIDE, []],
  [E.session_started, [E.session_started]],
  [E.lesson_started, [E.session_started, E.lesson_started]],
  [E.heartbeat, [E.session_started, E.lesson_started, E.heartbeat]],
  [E.paused, [E.session_started, E.lesson_started, E.paused]],
  [E.resumed, [E.session_started, E.lesson_started, E.paused, E.resumed]],
  [E.seeked, [E.session_started, E.lesson_started, E.seeked]],
  [E.buffered, [E.session_started, E.lesson_started, E.buffered]],
  [E.lesson_completed, [E.session_started, E.lesson_started, E.lesson_completed]],
  [E.abandoned, [E.session_started, E.lesson_started, E.abandoned]],
]);
const TYPES = EVENT_TYPES.map((_, type) => type).filter((type) => type >= E.session_started);
const TRANSITIONS = [...REACH.keys()].flatMap((from) =>
  TYPES.map((to) => ({ from, to, name: `${stateName(from)} → ${stateName(to)}` })),
);
const isAllowed = ({ from, to }: { from: number; to: number }): boolean => FOLLOWERS.get(from)!.includes(to);

describe('the state machine', () => {
  it.each(TRANSITIONS.filter(isAllowed))('allows $name', ({ from, to, name }) =>
    expect(broken(session(...REACH.get(from)!, to))).not.toContain(name),
  );

  it.each(TRANSITIONS.filter((transition) => !isAllowed(transition)))('refuses $name', ({ from, to, name }) =>
    expect(broken(session(...REACH.get(from)!, to))).toContain(name),
  );
});

describe('the identities', () => {
  it('hold in a session with every kind of event', () => expect(broken(whole())).toEqual([]));

  it.each<[string, Row[]]>([
    ['time does not ascend', change(3, { occurredAt: START + 20_000, receivedAt: START + 20_000 })],
    ['time is not in whole milliseconds', change(3, { occurredAt: START + 30_000.5 })],
    ['received before it occurred', change(2, { receivedAt: START })],
    ['received more than 72 h late', change(2, { receivedAt: START + 73 * HOUR_MS })],
    ['event of another student', change(2, { studentId: 64 })],
    ['event does not name its session', change(2, { sessionStartedAt: START + 1 })],
    ['device changes within the session', change(2, { device: 1 })],
    ['lesson figures outside of a view', change(13, { watchedSeconds: 1 })],
    ['lesson is unknown', change(9, { lessonId: 1999 })],
    ['lesson starts twice in a session', change(9, { lessonId: 1001 })],
    ['lesson of the event is not the one of its view', change(2, { lessonId: 1002 })],
    ['position outside of the lesson', change(8, { positionSeconds: LENGTH + 1 })],
    ['position outside of the lesson', change(2, { positionSeconds: -1 })],
    ['position is not the last one plus what was watched', change(2, { positionSeconds: 11 })],
    ['position is not the last one plus what was watched', change(2, { watchedSeconds: 9 })],
    ['watched before the start', change(1, { watchedSeconds: 1 })],
    ['watched less than nothing', change(2, { watchedSeconds: -1 })],
    ['watched more than the time allows', change(2, { watchedSeconds: 22, positionSeconds: 22 })],
    ['watched during a pause', change(4, { watchedSeconds: 1 })],
    ['stall without a duration', change(1, { stalledMs: 0 })],
    ['stalled outside of startup and buffering', change(2, { stalledMs: 1 })],
    ['completed without 95 % reached', session(E.session_started, E.lesson_started, E.lesson_completed).map((row) => ({ ...row, positionSeconds: row.positionSeconds > 100 ? 189 : row.positionSeconds }))],
    ['abandoned although 95 % were reached', change(12, { positionSeconds: 190 })],
    ['buffered twice in a view', session(E.session_started, E.lesson_started, E.buffered, E.heartbeat, E.buffered)],
    ['more resumes than pauses', session(E.session_started, E.lesson_started, E.resumed)],
    ['less than 30 minutes after the session before', [...whole(), ...whole().map((row) => shift(row, 20))]],
    ['event after the withdrawal', [enrolment(E.unenrolled, START - 1000), ...whole()]],
    ['enrolled after another event', [...whole(), enrolment(E.enrolled, START + HOUR_MS)]],
    ['enrolment inside a session', [...whole().slice(0, 3), enrolment(E.unenrolled, START + 25_000)]],
    ['enrolment is not received when it occurs', [{ ...enrolment(E.enrolled, START - 1000), receivedAt: START }]],
    ['enrolment with a session or device', [{ ...enrolment(E.enrolled, START - 1000), device: 0 }]],
  ])('refuse "%s"', (rule, rows) => expect(broken(rows)).toContain(rule)); // prettier-ignore

  it('hold from the enrolment to the withdrawal and with half an hour between sessions', () => {
    const later = whole().map((row) => shift(row, 33));
    expect(
      broken([enrolment(E.enrolled, START - 1000), ...whole(), ...later, enrolment(E.unenrolled, START + HOUR_MS)]),
    ).toEqual([]);
  });
});

describe('the stream', () => {
  const [students, days, least] = process.env.EDTECH_FULL === 'true' ? [6000, 90, 10_000_000] : [700, 40, 400_000];

  it.each([
    ['plain', {}],
    ['self-enrolled', { preset: 'self-enrolled' }],
    [
      'with scenarios',
      {
        scenarios: [
          { name: 'viral-lesson', start: '2026-01-08', end: '2026-02-20', lesson: 1003 },
          { name: 'snow-day', start: '2026-01-15', cohort: 1 },
          { name: 'offline-morning', start: '2026-01-16', cohort: 2 },
          { name: 'churn-wave', start: '2026-01-16', cohort: 3 },
          { name: 'exam-week', start: '2026-01-26' },
          { name: 'holiday-week', start: '2026-02-02', cohort: 4 },
          { name: 'term-start', start: '2026-01-12', cohort: 4 },
        ],
      },
    ],
  ])(
    'breaks no rule when it is %s',
    (name, config) => {
      const first = parseDay('2026-01-05');
      const stream = new Stream([versionOf(first, 3, { students, ...config })]);
      const lengths = new Map(stream.lessons.map(({ lessonId, lengthSeconds }) => [lessonId, lengthSeconds]));
      const out = new EventColumns();
      const violations: string[] = [];
      let events = 0;
      for (const studentId of stream.studentIds()) {
        const rules = new SessionRules((lessonId) => lengths.get(lessonId));
        for (let day = first; day < first + days; day++) {
          out.clear();
          stream.appendStudentDay(studentId, day, out);
          events += out.length;
          for (const { row, rule } of rules.check(out))
            violations.push(`student ${studentId}, day ${day}, row ${row}: ${rule}`);
          if (rules.open) violations.push(`student ${studentId}, day ${day}: session left open`);
        }
      }
      expect(violations).toEqual([]);
      if (name === 'plain') expect(events).toBeGreaterThan(least);
    },
    600_000,
  );
});

function shift(row: Row, minutes: number): Row {
  const ms = minutes * 60_000;
  return {
    ...row,
    occurredAt: row.occurredAt + ms,
    receivedAt: row.receivedAt + ms,
    sessionStartedAt: row.sessionStartedAt + ms,
  };
}

function enrolment(eventType: number, at: number): Row {
  return {
    occurredAt: at,
    receivedAt: at,
    sessionStartedAt: NONE,
    studentId: 63,
    lessonId: NONE,
    eventType,
    positionSeconds: NONE,
    watchedSeconds: 0,
    stalledMs: 0,
    device: NONE,
  };
}
