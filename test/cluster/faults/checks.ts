import { WORKLOAD } from '../../../src/names';
import { inPod } from '../support/cluster';
import { command } from '../support/command';
import { readyPods, sql } from '../support/members';

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

const LOWER = ['off', 'local', 'remote_write'];

/** Tries to lower `synchronous_commit` as each login role that is no superuser; returns the roles that may, by name and value. */
export async function rolesThatMayLowerDurability(primary: string): Promise<{ tried: number; allowed: string[] }> {
  const roles = await sql(primary, 'select rolname from pg_roles where rolcanlogin and not rolsuper order by 1;');
  const attempts = roles.flatMap((role) => LOWER.map((value) => ({ role, value })));
  const script = attempts.map(
    ({ role, value }) => `do $$ begin
      perform set_config('session_authorization', '${role}', true);
      perform set_config('synchronous_commit', '${value}', true);
      raise exception 'allowed ${role} ${value}';
    exception when insufficient_privilege then null; end $$;`,
  );
  const answer = await command(
    'kubectl',
    [
      ...['--namespace', 'edtech', 'exec', '--stdin', primary, '--container', 'postgres', '--'],
      ...['bash', '-c', 'psql -XqAt -d edtech 2>&1'],
    ],
    { input: script.join('\n') },
  );
  const allowed = [...answer.matchAll(/ERROR: {2}allowed (\S+ \S+)/g)].map(([, name]) => name);
  const other = answer.split('\n').filter((line) => line.includes('ERROR') && !line.includes('allowed '));
  if (other.length > 0) throw new Error(`the attempt to lower synchronous_commit failed otherwise: ${other[0]}`);
  return { tried: attempts.length, allowed };
}
