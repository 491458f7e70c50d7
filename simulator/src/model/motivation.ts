import { Purpose, Random } from '../random';
import type { Day } from './day';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { exp, floor, min } = Math;

/**
 * Motivation: the latent trait behind a student's habits, and the ground truth of who is at risk. It never enters the database and
 * depends on nothing but the seed: no demographic attribute. See docs/simulation.md for the calibration. J throughout.
 */
export const PERSONA = {
  /** Correlation of motivation and the logarithm of the session rate. */
  motivationOnRate: 0.75,
  /** A student whose motivation falls by x comes exp(−x · this) times as often. */
  trendOnRate: 1,
  /** Sessions that the falls below cost on average over the lesson weeks, made up for so that the mean rate stays, by segment. */
  trendLoss: [1.06, 1.12, 1.09],
  /** Effect of motivation on leaving a view: hazard factor exp(−0.5 m), a log-normal of spread 0.5 between students. */
  onLeavingView: 0.5,
  /** Share of the students whose motivation falls in the course of a term, by segment. */
  falls: [0.13, 0.3, 0.24],
  /** Who is less motivated falls more often: factor exp(−this · m), mean 1. */
  fallsByMotivation: 0.6,
  /** Week of the term in which the fall begins, speed per week and depth of the fall. */
  onsetWeeks: [-1, 6],
  perWeek: [0.6, 1.4],
  depth: [1.6, 3],
  /** At risk is whose motivation of the day is below this, by segment: 12 to 15 % of the school, 31 % of the university (OU). */
  threshold: [-1.5, -1.0, -1.2],
} as const;

const NEVER = Infinity;

/** How the motivation of one student changes in one term: level up to the onset, then falling to the depth. */
export class TermTrend {
  /** Day of the onset; Infinity if motivation does not fall. */
  onset = NEVER;
  private perDay = 0;
  private depth = 0;
  private readonly random = new Random();

  constructor(private readonly seed: number) {}

  /** Draws the trend of a student's term; one instance is used again and again. */
  draw(index: number, segment: number, term: number, termStart: Day, motivation: number): this {
    const { random } = this;
    random.seed(this.seed, Purpose.motivation, index, term);
    const by = PERSONA.fallsByMotivation;
    const probability = PERSONA.falls[segment] * exp(-by * motivation - (by * by) / 2);
    this.onset = NEVER;
    if (random.unit() >= probability) return this;
    this.onset = termStart + floor(7 * between(random, PERSONA.onsetWeeks));
    this.perDay = between(random, PERSONA.perWeek) / 7;
    this.depth = between(random, PERSONA.depth);
    return this;
  }

  /** How far motivation has fallen by a day. */
  fallen(day: Day): number {
    return day <= this.onset ? 0 : min(this.depth, (day - this.onset) * this.perDay);
  }
}

/** Whether a motivation means that the student is at risk. */
export const isAtRisk = (motivation: number, segment: number): boolean => motivation < PERSONA.threshold[segment];

const between = (random: Random, [low, high]: readonly [number, number]): number => low + (high - low) * random.unit();
