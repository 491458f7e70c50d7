/** A student has at most so many sessions a day. */
export const SESSIONS_AT_MOST = 12;

/** How a session is delivered: as it happens, some time after it, or at the end of an offline morning. */
export const ONLINE = 0;
export const OFFLINE = 1;
export const OFFLINE_MORNING = 2;

/** The sessions planned for one student and stream day; one instance is filled again and again. */
export class DaySessions {
  count = 0;
  /** Lessons of the student's term that were begun (or skipped) before the day. */
  progress = 0;
  /** Change of the student's motivation since the start of the term. */
  mood = 0;
  readonly startsAt = new Float64Array(SESSIONS_AT_MOST);
  readonly lessons = new Uint8Array(SESSIONS_AT_MOST);
  readonly repeats = new Uint8Array(SESSIONS_AT_MOST);
  /** Lessons of the term left out before the session's first new one: 0 or 1. */
  readonly skipped = new Uint8Array(SESSIONS_AT_MOST);
  readonly device = new Uint8Array(SESSIONS_AT_MOST);
  readonly offline = new Uint8Array(SESSIONS_AT_MOST);
  /** Bits that seed what happens in the session. */
  readonly salt = new Uint32Array(SESSIONS_AT_MOST);
}

/** Makes room for a session at its place by start. */
export function insert(out: DaySessions, count: number, start: number): number {
  let place = count;
  while (place > 0 && out.startsAt[place - 1] > start) {
    out.startsAt[place] = out.startsAt[place - 1];
    out.lessons[place] = out.lessons[place - 1];
    out.repeats[place] = out.repeats[place - 1];
    out.skipped[place] = out.skipped[place - 1];
    out.device[place] = out.device[place - 1];
    out.offline[place] = out.offline[place - 1];
    out.salt[place] = out.salt[place - 1];
    place--;
  }
  out.startsAt[place] = start;
  return place;
}
