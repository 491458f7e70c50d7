/**
 * The event mix: every probability and duration of the model in one place, with its source or reason.
 * Keys of sources are those of docs/simulation.md; J marks a judgement where no usable source was found.
 */

/** Figures of one segment. */
export interface SegmentMix {
  /** Sessions per student and week. */
  readonly sessionsPerWeek: number;
  /** Standard deviation of the logarithm of a student's own rate. */
  readonly rateSpread: number;
  /** Share of the sessions on Monday to Sunday, per mille. */
  readonly weekdays: readonly number[];
  /** Share of the session starts by local hour 00 to 23, per mille. */
  readonly hours: readonly number[];
  /** Factor on the sessions of a holiday. */
  readonly holiday: number;
  /** Factor on the sessions of the break week that follows the exams. */
  readonly breakWeek: number;
  /** Shares of desktop, tablet, mobile. */
  readonly devices: readonly number[];
  /** Weekly probability to leave, in the first four weeks and after them. */
  readonly leaving: readonly [number, number];
}

export const SEGMENT_MIX: readonly SegmentMix[] = [
  {
    sessionsPerWeek: 5,
    rateSpread: 0.65,
    weekdays: [192, 192, 187, 182, 152, 42, 53],
    hours: [2, 1, 1, 1, 1, 3, 10, 30, 85, 95, 95, 90, 70, 75, 70, 55, 60, 70, 65, 50, 40, 20, 8, 3],
    holiday: 0.15,
    breakWeek: 0.15,
    devices: [70, 18, 12],
    leaving: [0.002, 0.002],
  },
  {
    sessionsPerWeek: 4,
    rateSpread: 0.6,
    weekdays: [172, 165, 157, 147, 119, 100, 140],
    hours: [22, 12, 7, 4, 3, 3, 6, 15, 35, 55, 68, 70, 65, 66, 70, 70, 66, 60, 55, 60, 65, 60, 40, 23],
    holiday: 0.5,
    breakWeek: 0.2,
    devices: [68, 5, 27],
    leaving: [0.02, 0.01],
  },
  {
    sessionsPerWeek: 3,
    rateSpread: 0.97,
    weekdays: [150, 150, 148, 140, 112, 130, 170],
    hours: [30, 12, 6, 4, 3, 4, 10, 20, 22, 20, 20, 22, 35, 28, 22, 25, 32, 50, 75, 110, 140, 145, 105, 60],
    holiday: 0.8,
    breakWeek: 0.5,
    devices: [50, 8, 42],
    leaving: [0.006, 0.006],
  },
];

/** How soon views are left. */
export interface LeavingMix {
  /** Leaves in the first 3 % of a view. */
  readonly earlyExit: number;
  /** Hazard per watched minute from the start on. */
  readonly perMinute: number;
  /** Whether the hazard of lessons over nine minutes grows with (length / 9 min)^1.5 instead of ^1. */
  readonly shuns: boolean;
}

/** Kinds of learners that a stream can be set to. */
export interface Preset {
  readonly segments: readonly SegmentMix[];
  readonly leaving: LeavingMix;
}

export const PRESET_NAMES = ['campus', 'self-enrolled'] as const;

/**
 * The hazards are those of section 2 (0.03 and 0.08) times 1.33: the motivated come more often, so a view is left less often than the
 * mean student would. K14 for early exits; hazard fitted to XDL's 72 % completions (campus) and to G14 (self-enrolled).
 */
export const PRESETS: Readonly<Record<(typeof PRESET_NAMES)[number], Preset>> = {
  campus: { segments: SEGMENT_MIX, leaving: { earlyExit: 0.06, perMinute: 0.039, shuns: false } },
  // HX: 2 to 5 active days of mere viewers; KL: 9.5 % leave a week, after 45 % in the first (J), spread over the first four here.
  'self-enrolled': {
    segments: SEGMENT_MIX.map((mix) => ({
      ...mix,
      sessionsPerWeek: 1.5,
      rateSpread: 1,
      leaving: [0.2, 0.095] as const,
    })),
    leaving: { earlyExit: 0.18, perMinute: 0.128, shuns: true },
  },
};

/** Figures of a network class: share of the students, P(buffered view), stalled share of the playing time, median startup in ms. */
export interface NetworkMix {
  readonly name: string;
  readonly share: number;
  readonly buffered: number;
  readonly stalledShare: number;
  readonly startupMs: number;
}

/** CV: 26.9 % of views buffered (2013), stalled share 0.78 % (2018). Startup J. */
export const NETWORKS: readonly NetworkMix[] = [
  { name: 'good', share: 70, buffered: 0.1, stalledShare: 0.003, startupMs: 1200 },
  { name: 'medium', share: 22, buffered: 0.35, stalledShare: 0.012, startupMs: 2500 },
  { name: 'poor', share: 8, buffered: 0.75, stalledShare: 0.05, startupMs: 6000 },
];

/** Playback rates and their shares. J; most surveyed students change it at times. A trait of the student: the contract has no event for it. */
export const PLAYBACK_RATES: readonly number[] = [1, 1.25, 1.5, 2, 0.75];
export const PLAYBACK_RATE_SHARES: readonly number[] = [75, 12, 9, 3, 1];

export const MIX = {
  /** Lessons of a session: geometric, at most 8. J; mean 2.20. */
  lessonEnds: 0.45,
  lessonsAtMost: 8,
  /** Share of views that repeat a lesson; in exam weeks twice that. J. */
  rewatch: 0.2,
  rewatchExam: 0.4,
  /** Factor on the sessions of the two exam weeks. J, shaped by Saint Rose: logins peak at the end of term. */
  examArrivals: 1.6,
  /** Probability that a session leaves out the next lesson of the term: the funnel. J. */
  skip: 0.05,
  /** A repeat view takes one of the latest lessons: mean distance in lessons. It starts at a random point before 90 %. J, K14. */
  repeatBackMean: 8,
  repeatStartsBefore: 0.9,
  /** The first 3 % of a lesson. */
  earlyExitWindow: 0.03,
  /** Early exits of repeat views against first ones. K14. */
  rewatchEarlyExit: 4,
  /** Longer lessons are left sooner. G14. */
  longLessonSeconds: 540,
  /**
   * A class has work due every 13 days, so not always on the same weekday: factors on the sessions from the due day on. OU shaped,
   * factors J; mean 1.
   */
  dueDates: [2.5, 0.6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.8, 1.8].map((factor) => factor / (15.7 / 13)) as readonly number[],
  /** Events per watched minute. XDL: 1.25 pauses, 0.72 seeks per load. */
  pausesPerMinute: 0.165,
  seeksPerMinute: 0.122,
  seekBack: 0.6,
  seekMedianSeconds: 20,
  seekSpread: 1,
  /** Pause lengths. J. */
  pauseMedianSeconds: 12,
  pauseSpread: 1.4,
  pauseAtMostSeconds: 1800,
  /** Startup: spread J; leaving +5.8 % per second beyond 2 s, KS12. */
  startupSpread: 0.5,
  startupPatienceMs: 2000,
  startupLeavePerSecond: 0.058,
  /** Watch time falls by 5 % per 1 % of stalls: KS12. */
  watchLossPerStall: 5,
  stallSpread: 0.5,
  /** exp(−spread² / 2): makes the mean stall the class's share. */
  stallScale: 1.18,
  stallMedian: 0.8825,
  /** Finding the next lesson. J; chosen so that the session minutes are those of section 2. */
  gapMedianSeconds: 70,
  gapSpread: 0.6,
  /** From the end of the last lesson to that of the session. J. */
  closingMedianSeconds: 8,
  closingSpread: 0.5,
  /** Between the pause and the leaving of an abandoned view. J. */
  leaveMedianSeconds: 3,
  /** Idle time that ends a session, ELAT: two sessions are never closer. */
  sessionGapMinutes: 30,
  /** Mean of the further gap of a session that is moved because the one before it lasted too long. J. */
  sessionGapMoreMinutes: 15,
  /** Share of sessions on the student's main device. J. */
  mainDevice: 0.8,
  /** Offline sessions by device; J. */
  offline: [0.01, 0.04, 0.06] as readonly number[],
  offlineShortShare: 0.8,
  offlineMedianMinutes: 20,
  offlineSpread: 1.2,
  offlineLongHours: [8, 36] as readonly [number, number],
  offlineAtMostHours: 72,
  /** Ordinary delivery: median and spread of the delay, cap. J. */
  latencyMedianMs: 120,
  latencySpread: 0.8,
  latencyAtMostMs: 4000,
} as const;
