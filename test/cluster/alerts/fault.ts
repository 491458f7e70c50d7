import type { AlertReceiver } from '../support/alert-receiver';
import { eventually } from '../../support/eventually';
import { record } from '../support/record';

/** Something that breaks, the alert that must say so, and how long that may take. */
export interface Fault {
  readonly what: string;
  readonly alert: string;
  /** Where it is told: `/page` or `/ticket`. */
  readonly path: '/page' | '/ticket';
  /** Most seconds from the fault to the message. */
  readonly within: number;
  readonly inject: () => Promise<unknown>;
  readonly repair: () => Promise<unknown>;
}

/** Seconds after which an end must be told: Alertmanager looks again each minute, some figures are old for five. */
const RESOLVED_WITHIN = 600;

export interface Begun {
  readonly fault: Fault;
  readonly atMs: number;
}

/** Breaks something; others may be broken meanwhile. */
export async function begin(fault: Fault): Promise<Begun> {
  const atMs = Date.now();
  await fault.inject();
  return { fault, atMs };
}

/** Waits until the alert is told, repairs, and waits until its end is told. */
export async function end(receiver: AlertReceiver, { fault, atMs }: Begun): Promise<void> {
  const { what, alert, path, within } = fault;
  const left = Math.max(1, within - (Date.now() - atMs) / 1000);
  let backMs = 0;
  try {
    const fired = await eventually(`${alert} for: ${what}`, left, async () => receiver.about(alert, 'firing', atMs));
    expect([alert, fired.path]).toEqual([alert, path]);
    backMs = Date.now();
    await fault.repair();
    const resolved = await eventually(`the end of ${alert}`, RESOLVED_WITHIN, async () =>
      receiver.about(alert, 'resolved', backMs),
    );
    record(`alert ${alert}: ${what}`, {
      'seconds to alert': Math.round((fired.atMs - atMs) / 1000),
      'seconds from repair to resolved': Math.round((resolved.atMs - backMs) / 1000),
    });
  } finally {
    // The next fault begins from what is whole.
    if (backMs === 0) await fault.repair();
  }
}
