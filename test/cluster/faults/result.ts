import type { Verified } from '../support/simulator';

/** What one fault showed. Seconds, unless the name says otherwise. */
export interface Round {
  readonly fault: string;
  readonly begunAt: string;
  readonly from: string;
  readonly to: string;
  /** Undefined in a record whose gap was counted in a way that says nothing. */
  readonly gapSeconds?: number;
  /** The same for a stream that makes a connection per row, twice a second. */
  readonly newConnectionGapSeconds: number;
  readonly actionSeconds: number;
  /** From the fault, or the end of the damage where it has one, until all members were well. */
  readonly healedSeconds: number;
  /** Rows since the round before, as those that follow; of a first round since the probes began. */
  readonly acknowledged: number;
  readonly missing: number;
  readonly doubled: number;
  /** In the table though nobody was told, or not yet. */
  readonly unacknowledged: number;
  /** Acknowledged by an older timeline after the first acknowledgement of a newer one. */
  readonly stale: number;
  /** Undefined when it gave no answer, as the two that follow. Older records have no exit code. */
  readonly verify?: Omit<Verified, 'exitCode'> & Partial<Pick<Verified, 'exitCode'>>;
  readonly acknowledgedLostSeconds?: number;
  readonly mayLowerDurability?: readonly string[];
  /** Load of the machine over one minute, before and after. */
  readonly load: readonly [number, number];
  /** Requests to both pages, and how many of them failed; undefined where there are none, or when they could not be read. */
  readonly pages?: { readonly requests: number; readonly failed: number };
  /** What failed of the damage or of taking it back: the round's times are then not those of its fault. Undefined when it was done as meant. */
  readonly problem?: string;
  readonly notes: readonly string[];
  /** What was meant to hold and did not; goals of time are judged over all rounds. */
  readonly broken: readonly string[];
}

/** A round that came to no figures: the cluster did not heal in time, or its rows could not be compared. */
export interface BrokenOff {
  readonly fault: string;
  readonly begunAt: string;
  /** What ended it. */
  readonly brokenOff: string;
}

export type Played = Round | BrokenOff;

export const hasFigures = <T extends Played>(played: T): played is Exclude<T, BrokenOff> => !('brokenOff' in played);

/** Whether a round shows its fault: it came to figures, and the damage was done as meant. Any other repeats nothing and its times say nothing. */
export const showsFault = <T extends Played>(played: T): played is Exclude<T, BrokenOff> =>
  hasFigures<Played>(played) && played.problem === undefined;

/** Whether a round must be looked into; goals of time apart. */
export const isWell = (played: Played): boolean => hasFigures<Played>(played) && played.broken.length === 0;
