import { Random } from '../../../simulator/src/random';
import type { Fault } from './fault';
import { FAULTS, faultNamed } from './faults';
import type { Options } from './options';
import { countsAsPresent } from './present-image';
import type { ReportedRound } from './report';
import { showsFault } from './result';

const times = (fault: Fault, count: number): Fault[] => Array<Fault>(count).fill(fault);

/** The same faults for the same seed. */
function drawn(count: number, seed: number): Fault[] {
  const random = new Random(seed);
  const candidates = FAULTS.filter(({ random: may }) => may);
  return Array.from({ length: count }, () => candidates[random.below(candidates.length)]);
}

/** The faults to play, in order. @param recorded what was played earlier */
export function programme(options: Options, recorded: () => readonly ReportedRound[]): Fault[] {
  if (options.full) return FAULTS.flatMap((fault) => times(fault, fault.rounds));
  if (options.random !== undefined) return drawn(Number(options.random), Number(options.seed));
  const only = options.only?.split(',').map(faultNamed);
  if (options.missing) return (only ?? FAULTS).flatMap((fault) => times(fault, missingRounds(fault, recorded())));
  const chosen = only ?? ['primary-pod-deleted', 'primary-node-killed'].map(faultNamed);
  return chosen.flatMap((fault) => times(fault, Number(options.rounds)));
}

/** Rounds that a full run has of a fault and the record has not; one that does not show it is played again. */
function missingRounds({ name, rounds }: Fault, recorded: readonly ReportedRound[]): number {
  const played = recorded.filter((round) => round.fault === name && showsFault(round) && countsAsPresent(name, round));
  return Math.max(0, rounds - played.length);
}
