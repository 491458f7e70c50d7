import type { EventColumns } from '../events/columns';
import type { Random } from '../random';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './day';
import { SCENARIO_MIX } from './effects';
import { MIX } from './event-mix';

/** Events sent as they happen: each arrives within seconds, not always in order. */
export function deliverPromptly(random: Random, first: number, out: EventColumns): void {
  const { receivedAt, occurredAt, length } = out;
  for (let row = first; row < length; row++) {
    const latency = 1 + random.logNormal(MIX.latencyMedianMs, MIX.latencySpread);
    receivedAt[row] = occurredAt[row] + Math.floor(Math.min(MIX.latencyAtMostMs, latency));
  }
}

/** Events of a device that was offline: the whole session arrives in one burst after it, a millisecond apart, within 72 h. */
export function deliverLate(random: Random, first: number, out: EventColumns): void {
  const { occurredAt, length } = out;
  const [shortest, longest] = MIX.offlineLongHours;
  const delay =
    random.unit() < MIX.offlineShortShare
      ? random.logNormal(MIX.offlineMedianMinutes, MIX.offlineSpread) * MINUTE_MS
      : (shortest + (longest - shortest) * random.unit()) * HOUR_MS;
  const cap = occurredAt[first] + MIX.offlineAtMostHours * HOUR_MS - (length - first);
  burst(Math.min(cap, Math.floor(occurredAt[length - 1] + delay)), first, out);
}

/** Events of a device that finds a network at a certain time, or right after the session if that ends later. */
export function deliverAt(instant: number, random: Random, first: number, out: EventColumns): void {
  const sync = Math.floor(random.unit() * SCENARIO_MIX.offlineMorning.syncMinutes * MINUTE_MS);
  burst(Math.max(instant + sync, out.occurredAt[out.length - 1] + SECOND_MS), first, out);
}

function burst(instant: number, first: number, out: EventColumns): void {
  for (let row = first; row < out.length; row++) out.receivedAt[row] = instant + row - first;
}
