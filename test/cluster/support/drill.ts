import { parse, stringify } from 'yaml';
import { holds, isOver, type Conditioned } from '../../../src/cluster/settled';
import { WORKLOAD } from '../../../src/names';
import { get, kubectl } from './cluster';
import { eventually } from '../../support/eventually';
import { sql } from './members';

/** A drill as the database has it. */
export interface Drill {
  readonly outcome: string;
  readonly failedStep: string;
  readonly compared: number;
  readonly differences: number;
  readonly seconds: number;
  /** Between the last commit that it reached and its begin. */
  readonly behindSeconds: number;
  readonly detail: string;
}

export async function lastDrill(primary: string): Promise<Drill> {
  const [row] = await sql(
    primary,
    `select outcome, coalesce(failed_step, ''), coalesce(compared, -1), coalesce(lost + extra + changed, -1),
       extract(epoch from finished_at - started_at), coalesce(extract(epoch from started_at - reached_at), -1), replace(coalesce(detail, ''), '|', '/')
     from ops.restore_drills order by drill_id desc limit 1;`,
  );
  if (row === undefined) throw new Error('no drill is recorded');
  const [outcome, failedStep, compared, differences, seconds, behindSeconds, detail] = row.split('|');
  return {
    outcome,
    failedStep,
    compared: Number(compared),
    differences: Number(differences),
    seconds: Math.round(Number(seconds)),
    behindSeconds: Math.round(Number(behindSeconds)),
    detail,
  };
}

interface Container {
  readonly env: { name: string; value?: string; valueFrom?: unknown }[];
}

/** The Job that a person would start from the CronJob. @param passphrase another one than the repository's */
async function create(name: string, passphrase?: string): Promise<void> {
  const args = ['create', 'job', name, `--from=cronjob/${WORKLOAD.restoreDrill}`];
  if (passphrase === undefined) {
    await kubectl(args);
    return;
  }
  const job = parse(await kubectl([...args, '--dry-run=client', '--output=yaml'])) as {
    spec: { template: { spec: { initContainers: Container[] } } };
  };
  for (const { env } of job.spec.template.spec.initContainers) {
    const variable = env.find(({ name: variableName }) => variableName === 'PGBACKREST_REPO1_CIPHER_PASS');
    if (variable === undefined) continue;
    delete variable.valueFrom;
    variable.value = passphrase;
  }
  await kubectl(['create', '--filename=-'], { input: stringify(job) });
}

/** Jobs that failed on purpose: while they are there the platform is not settled. */
export const deleteDrills = (): Promise<string> =>
  kubectl(['delete', 'jobs', `--selector=app.kubernetes.io/name=${WORKLOAD.restoreDrill}`]);

/** Runs a drill to its end. @returns whether its Job succeeded */
export async function drill(name: string, passphrase?: string): Promise<boolean> {
  await create(name, passphrase);
  const job = await eventually(
    `end of Job ${name}`,
    600,
    async () => {
      const now = await get<Conditioned>(['job', name]);
      return isOver(now) ? now : undefined;
    },
    2,
  );
  return holds(job, 'Complete');
}
