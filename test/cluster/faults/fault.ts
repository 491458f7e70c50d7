import type { PlatformConfig } from '../../../src/config/types';
import type { Machines } from '../support/cluster';
import type { Cluster } from '../support/members';
import type { PageProbe } from '../support/page-probe/page-probe';

/** What the damage of a fault leaves for its repair. */
export interface Kept {
  /** Nodes without power. */
  readonly nodes: string[];
  /** The primary that was damaged, where another member was made it first. */
  movedTo?: string;
  /** Restarts before the damage, by workload and pod. */
  restarts: ReadonlyMap<string, number>;
  /** When the database took connections again, where the repair goes on for longer than that. */
  takesConnectionsMs?: number;
}

export interface Scene extends Cluster {
  readonly machines: Machines;
  /** Nodes with a member, in order. */
  readonly nodes: readonly string[];
  readonly config: PlatformConfig;
  /** Both pages, asked twice a second; undefined where the platform has none. */
  readonly pages: PageProbe | undefined;
  readonly kept: Kept;
  /** Renders the platform with its settings, or with a server parameter changed that needs a restart, and applies the database's chart. */
  applySettings(which: 'now' | 'changed'): Promise<void>;
  /** Until all members are well again. */
  untilWhole(): Promise<unknown>;
  /** Adds a line to the round's record. */
  note(text: string): void;
}

/** What a figure must hold. */
export interface Goal {
  /** Writes through the Service: longest time between two acknowledged commits. */
  readonly gapSeconds: number;
  /** Quantile of many rounds that is compared; 1 for the maximum. @default 1 */
  readonly share?: number;
  /** A new connection per row instead of one that is kept. @default false */
  readonly newConnections?: boolean;
}

export interface Fault {
  readonly name: string;
  readonly title: string;
  /** Does the damage. */
  inject(scene: Scene): Promise<void>;
  /** Takes it back, `afterSeconds` after it was done. What heals by itself has none. */
  readonly undo?: { readonly afterSeconds: number; run(scene: Scene): Promise<void> };
  readonly goal: Goal;
  /** Writes are meant to wait in this fault: their gap is the damage's length, and `goal` counts from its end, see {@link waitedSeconds}. */
  readonly writesWait?: boolean;
  /** Its undo also waits for what follows the members' return: they are well by then, and a time to heal says nothing. @default false */
  readonly undoWaits?: boolean;
  /** Seconds after a gap of writes within which a request to one of the pages may still fail; at other times none may. @default not judged */
  readonly pagesGraceSeconds?: number;
  /** Needs Airflow and Grafana. @default false */
  readonly wholePlatform?: boolean;
  /** Repetitions of a full run. */
  readonly rounds: number;
  /** Whether it may be drawn in a random series. */
  readonly random: boolean;
}
