import { WORKLOAD } from '../../../src/names';
import { inPod } from '../support/cluster';
import { readyPods } from '../support/members';
import { askWhoMayLower, askWithControl, controlFinds, openWays } from './durability';

/** Stream seconds that a simulator had acknowledged and found missing later, over all replicas that are ready. */
export async function acknowledgedLostSeconds(): Promise<number> {
  const script = "fetch('http://127.0.0.1:8080/metrics').then((r) => r.text()).then((t) => console.log(t))";
  let sum = 0;
  for (const pod of await readyPods(WORKLOAD.simulator)) {
    const text = await inPod(pod, 'simulator', ['node', '-e', script]);
    const found = [...text.matchAll(/^edtech_ingest_acknowledged_lost_seconds_total(?:\{[^}]*\})? (\S+)$/gm)];
    if (found.length === 0) throw new Error(`${pod} has no metric edtech_ingest_acknowledged_lost_seconds_total`);
    sum += found.reduce((total, [, value]) => total + Number(value), 0);
  }
  return sum;
}

/** What psql prints of SQL that a superuser runs on the primary: its messages too, and its own errors. */
const saidBy = (primary: string, text: string): Promise<string> =>
  inPod(primary, 'postgres', ['bash', '-c', 'psql -XqAt -d edtech 2>&1 || true'], { input: text });

/** Every way to lower `synchronous_commit` that is open to a role that is no superuser, or that the server took itself. */
export const waysToLowerDurability = async (primary: string): Promise<string[]> =>
  openWays(await saidBy(primary, askWhoMayLower()));

/** @throws Error when {@link waysToLowerDurability} would not find each way where it is open */
export async function showDurabilityCanFail(primary: string): Promise<void> {
  const found = openWays(await saidBy(primary, askWithControl()));
  const overlooked = controlFinds().filter((way) => !found.includes(way));
  if (overlooked.length > 0) throw new Error(`the check of durability overlooks ${overlooked.join(', ')}`);
}
