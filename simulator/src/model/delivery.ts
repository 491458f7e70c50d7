import type { EventColumns } from '../events/columns';
import type { Random } from '../random';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './day';
import { SCENARIO_MIX } from './effects';
import { MIX } from './event-mix';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { floor, max, min } = Math;

/** Events sent as they happen: each arrives within seconds, not always in order. */
export function deliverPromptly(random: Random, first: number, out: EventColumns): void {
  const { receivedAt, occurredAt, length } = out;
  for (let row = first; row < length; row++) {
    const latency = 1 + random.logNormal(MIX.latencyMedianMs, MIX.latencySpread);
    receivedAt[row] = occurredAt[row] + floor(min(MIX.latencyAtMostMs, latency));
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
  burst(min(cap, floor(occurredAt[length - 1] + delay)), first, out);
}

/** Events of a device that finds a network at a certain time, or right after the session if that ends later. */
export function deliverAt(instant: number, random: Random, first: number, out: EventColumns): void {
  const sync = floor(random.unit() * SCENARIO_MIX.offlineMorning.syncMinutes * MINUTE_MS);
  burst(max(instant + sync, out.occurredAt[out.length - 1] + SECOND_MS), first, out);
}

function burst(instant: number, first: number, out: EventColumns): void {
  for (let row = first; row < out.length; row++) out.receivedAt[row] = instant + row - first;
}
