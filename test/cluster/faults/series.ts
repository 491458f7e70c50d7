import type { Fault } from './fault';
import type { BrokenOff, Played, Round } from './result';

/** What a series is played with. */
export interface Stand {
  /** @throws Error when nothing may be done to the cluster any more */
  mayPlay(): Promise<void>;
  play(fault: Fault): Promise<Round>;
  /** After a round that was broken off: whether the cluster is well again by itself. */
  heals(): Promise<boolean>;
  /** Is told of each round at once: what comes later may take everything with it. */
  played(round: Played): void;
}

/** Plays faults one after the other, until one leaves nothing to play on. */
export async function playSeries(faults: readonly Fault[], stand: Stand): Promise<Played[]> {
  const all: Played[] = [];
  const add = (round: Played): void => {
    all.push(round);
    stand.played(round);
  };
  for (const fault of faults) {
    await stand.mayPlay();
    const begunAt = new Date().toISOString();
    const round = await stand
      .play(fault)
      .catch((error: Error): BrokenOff => ({ fault: fault.name, begunAt, brokenOff: error.message }));
    add(round);
    if ('brokenOff' in round && !(await stand.heals())) break;
  }
  return all;
}
