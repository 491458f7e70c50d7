/**
 * Randomness for the stream model. Every draw comes from a generator that is seeded by what it is for (seed, purpose, student, day,
 * session), so each piece can be made again alone and in any order.
 *
 * Only `Math.exp`, `Math.log` and `Math.sqrt` are used: V8 ships its own portable code for them, so two machines agree to the last bit.
 * `Math.pow` and the trigonometric functions are left out for that reason.
 */

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { abs, exp, floor, imul, log, min, round } = Math;

const TO_UNIT = 2 ** -32;

/** A bijection of 32-bit numbers that spreads every input bit over all output bits. */
export function mix32(value: number): number {
  let x = value | 0;
  x = imul(x ^ (x >>> 16), 0x21f0aaad);
  x = imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** One 32-bit number of several; the order matters. */
export function hash32(...parts: readonly number[]): number {
  let h = 0x2545f491;
  for (const part of parts) {
    h = mix32(h ^ (part | 0));
    h = (imul(h, 5) + 0x6b84221d) | 0;
  }
  return mix32(h);
}

/** A 32-bit number as a fraction in [0, 1). */
export const unit = (bits: number): number => (bits >>> 0) * TO_UNIT;

/** What a generator is for: draws of one purpose never shift those of another. */
export const Purpose = {
  classroom: 1,
  classroomOrder: 2,
  persona: 3,
  enrolment: 4,
  newcomers: 5,
  lesson: 6,
  lessonOrder: 7,
  termPlan: 8,
  session: 9,
  motivation: 10,
  courseOrder: 12,
} as const;

const QUANTILES = 4096;
const normalTable = buildNormalTable();

/** Small fast counter generator (sfc32): 128 bits of state, about 3 ns a draw. */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  constructor(a = 0, b = 0, c = 0, d = 0) {
    this.seed(a, b, c, d);
  }

  /** Starts again from four 32-bit numbers; one instance is reused for millions of sessions. */
  seed(a: number, b: number, c: number, d: number): this {
    this.a = mix32(a ^ 0x9e3779b9) | 0;
    this.b = mix32(b ^ 0x243f6a88) | 0;
    this.c = mix32(c ^ 0xb7e15162) | 0;
    this.counter = mix32(d ^ 0x71374491) | 0;
    for (let round = 0; round < 10; round++) this.bits();
    return this;
  }

  /** 32 random bits as an unsigned number. */
  bits(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.bits() * TO_UNIT;
  }

  /** Uniform in (0, 1]: safe under a logarithm. */
  positiveUnit(): number {
    return (this.bits() + 1) * TO_UNIT;
  }

  /** Uniform whole number in [0, limit). */
  below(limit: number): number {
    return floor(this.unit() * limit);
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -log(this.positiveUnit());
  }

  normal(): number {
    return normalQuantile(this.unit());
  }

  /** Log-normal by its median and the standard deviation of its logarithm. */
  logNormal(median: number, sigma: number): number {
    return median * exp(sigma * this.normal());
  }
}

/** Standard normal quantile of `p` in [0, 1), from a table with linear interpolation; the tails end at ±3.8. */
export function normalQuantile(p: number): number {
  const scaled = p * QUANTILES;
  const cell = floor(scaled);
  const low = normalTable[cell];
  return low + (normalTable[cell + 1] - low) * (scaled - cell);
}

/** The number of events of a Poisson process with mean `mean` for the uniform draw `u`, at most `limit`. */
export function poissonQuantile(mean: number, u: number, limit: number): number {
  let probability = exp(-mean);
  let cumulated = probability;
  let count = 0;
  while (u >= cumulated && count < limit) {
    count++;
    probability *= mean / count;
    cumulated += probability;
  }
  return count;
}

/** Cumulated shares (of any total) as 32-bit thresholds; `pick` finds the class of 32 random bits. */
export function thresholds(shares: readonly number[]): Uint32Array {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let cumulated = 0;
  return Uint32Array.from(shares, (share, index) => {
    cumulated += share;
    return index === shares.length - 1 ? 0xffffffff : min(0xffffffff, round((cumulated / total) * 2 ** 32));
  });
}

export function pick(limits: Uint32Array, bits: number): number {
  let index = 0;
  while (index < limits.length - 1 && bits >= limits[index]) index++;
  return index;
}

/** Table of the normal quantile at k / QUANTILES, found by bisection of the distribution function. */
function buildNormalTable(): Float64Array {
  const table = new Float64Array(QUANTILES + 1);
  for (let k = 1; k < QUANTILES; k++) table[k] = bisectNormal(k / QUANTILES);
  // The outermost cells end where they hold the mean of the tail beyond them.
  table[0] = -3.8;
  table[QUANTILES] = 3.8;
  return table;
}

function bisectNormal(p: number): number {
  let low = -6;
  let high = 6;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8. */
function normalDistribution(x: number): number {
  const t = 1 / (1 + 0.2316419 * abs(x));
  const tail =
    0.3989422804014327 *
    exp((-x * x) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x < 0 ? tail : 1 - tail;
}
