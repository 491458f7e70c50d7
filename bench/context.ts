import type { Figure } from './pairs';
import type { BenchServer } from './server';

/** What a section works with. */
export interface BenchContext {
  readonly server: BenchServer;
  /** Pairs of runs per ratio. */
  readonly rounds: number;
  /** Folder for files of the run, deleted at its end. */
  readonly folder: string;
  /** Says what is going on, on standard error. */
  say(line: string): void;
  /** Between setting the stage and measuring: returns at once, or when somebody says that the machine is quiet. */
  pause(): Promise<void>;
}

export type Section = (context: BenchContext) => Promise<Figure[]>;

/** A speed in words, such as `152 k/s`. */
export const speed = (rows: number, seconds: number): string => `${Math.round(rows / seconds / 1000)} k/s`;
