import { riskTexts } from '../../../dashboards/texts/risk';
import { DAY_MS, dayNumber, daysOf, dayWords, instantWords, noonOf, published, ratio, zoneOf } from './days';
import { enrolledAt, riskOf, snapshotDay, type Choice, type Expected } from './expected-class';
import { reasonWords } from './expected-student';
import { share, sum, type Row, type Tables } from './tables';

const ofSnapshot = (t: Tables, c: Choice): Row[] => {
  const snapshot = snapshotDay(t, c);
  return snapshot ? riskOf(t, c, snapshot.day) : [];
};

/** What the points of a student without a reason are for. */
function smallSigns({ inactive_school_days: days, score }: Row): string {
  const away = days === 0 ? [] : [days === 1 ? 'not seen for 1 school day' : `not seen for ${days} school days`];
  return [...away, ...(score > 5 * days ? [riskTexts.smallSigns] : [])].join('; ');
}

export const list: Expected = (t, c) => {
  const students = new Map(t['edtech.students'].map((s) => [s.student_id, s]));
  const snapshot = snapshotDay(t, c)!;
  const calendar = daysOf(t, c.cohort);
  // Days from `first` to `last` days before the snapshot in which the student was there and the school had begun.
  const ownDays = (r: Row, first: number, last: number): number =>
    calendar.filter(({ day, ends_at }) => {
      const ago = dayNumber(snapshot.day) - dayNumber(day);
      return ago <= first && ago >= last && ends_at > students.get(r.student_id)!.enrolled_at;
    }).length;
  const aWeek = (seconds: number, days: number): number => ratio(seconds * 7, days * 60);
  const earlier = (r: Row): string => {
    const days = ownDays(r, 55, 14);
    return days < 7 ? riskTexts.noEarlier : String(aWeek(r.earlier_watched_seconds, days));
  };
  return ofSnapshot(t, c)
    .filter((r) => r.level > 0)
    .map((r) => {
      const last = t['analytics.student_day'].filter(
        (d) => d.student_id === r.student_id && d.day <= snapshot.day && d.active_hours !== 0,
      );
      const reasons = (r.reasons as string[]).map(reasonWords).join('; ');
      return [
        students.get(r.student_id)!.display_name,
        String(r.level),
        r.score,
        reasons === '' ? smallSigns(r) : reasons,
        r.since_day,
        last.length === 0 ? null : instantWords(Math.max(...last.map((d) => d.last_event_at)), zoneOf(t, c.cohort)),
        `${earlier(r)} → ${aWeek(r.recent_watched_seconds, ownDays(r, 13, 0))} min`,
        r.student_id,
      ];
    });
};

export const change: Expected = (t, c) => {
  const snapshot = snapshotDay(t, c);
  if (!snapshot) return [];
  const weekBefore = new Date((dayNumber(snapshot.day) - 7) * DAY_MS).toISOString().slice(0, 10);
  const now = riskOf(t, c, snapshot.day);
  const before = riskOf(t, c, weekBefore);
  if (now.length === 0 || before.length === 0) return [];
  const high = (rows: readonly Row[]) => new Set(rows.filter((r) => r.level === 2).map((r) => r.student_id as number));
  const [is, was] = [high(now), high(before)];
  const assessed = new Set(now.map((r) => r.student_id as number));
  return [[[...is].filter((s) => !was.has(s)).length, [...was].filter((s) => !is.has(s) && assessed.has(s)).length]];
};

export const reasons: Expected = (t, c) => {
  const all = ofSnapshot(t, c).flatMap((r) => r.reasons as string[]);
  return [...new Set(all)].map((reason) => [reasonWords(reason), all.filter((other) => other === reason).length]);
};

export const trend: Expected = (t, c) =>
  [...published(t, c.cohort, c).values()]
    .map((d) => [d, riskOf(t, c, d.day)] as const)
    .filter(([, rows]) => rows.length > 0)
    .map(([d, rows]) => [
      noonOf(d.day),
      rows.filter((r) => r.level === 2).length,
      rows.filter((r) => r.level === 1).length,
    ]);

export const excluded: Expected = (t, c) => {
  const snapshot = snapshotDay(t, c);
  if (!snapshot) return [];
  const rows = ofSnapshot(t, c);
  return [
    [
      Math.max(0, enrolledAt(t, c.classroom, snapshot.ends_at).length - rows.length),
      rows.filter((r) => r.earlier_watched_seconds < 1800).length,
      rows.filter((r) => r.completion_permille === null).length,
      dayWords(snapshot.day),
    ],
  ];
};

/** From the counts that the answer key stored, which the test compares with the answer key's own sums. */
export const quality: Expected = (t, c) => {
  const ended = new Set(
    daysOf(t, c.cohort)
      .filter((d) => d.ends_at <= c.to)
      .map((d) => d.day),
  );
  const rows = t['analytics.at_risk_outcome']
    .filter((o) => o.cohort_id === c.cohort && ended.has(o.day))
    .sort((a, b) => (a.day < b.day ? 1 : -1))
    .slice(0, 28);
  const [tp, fp, tn, fn] = ['true_positives', 'false_positives', 'true_negatives', 'false_negatives'].map((column) =>
    sum(rows, (r) => r[column]),
  );
  if (tp + fp + tn + fn === 0) return [];
  return [[share(tp, tp + fp), share(tp, tp + fn), share(tp + fn, tp + fp + tn + fn)]];
};
