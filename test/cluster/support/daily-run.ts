import { secretRefs } from '../../../charts/05-secrets';
import type { PlatformConfig } from '../../../src/config/types';
import { PORT, WORKLOAD } from '../../../src/names';
import { Airflow, type Run } from './airflow';
import { forwardPort } from './cluster';
import { secretText } from './platform';

const SECONDS = 420;

const PUBLISH = 'cohort_day.publish';

/** Airflow's page on a port of this machine, with its administrator logged in, for as long as the work takes. */
async function onPage<T>(config: PlatformConfig, work: (airflow: Airflow) => Promise<T>): Promise<T> {
  const { airflowAdmin } = secretRefs(config);
  const page = await forwardPort(`deployment/${WORKLOAD.airflowApiServer}`, PORT.airflow);
  try {
    const airflow = new Airflow(`http://127.0.0.1:${page.port}`, {
      username: await secretText(airflowAdmin.name, 'username'),
      password: await secretText(airflowAdmin.name, 'password'),
    });
    await airflow.logIn();
    return await work(airflow);
  } finally {
    page.close();
  }
}

/** Runs the daily analytics of a day of all cohorts to its end, as Airflow's administrator. @param day for example `2026-03-02` */
export const runDailyAnalytics = (config: PlatformConfig, day: string): Promise<Run> =>
  onPage(config, (airflow) => airflow.run('daily_analytics', { day, cohorts: [] }, SECONDS));

/** What the page shows as the log of each task that published a cohort's day in a run. */
export const publishingLogs = (config: PlatformConfig, run: Run): Promise<string[]> =>
  onPage(config, async (airflow) => {
    const logs: string[] = [];
    for (const task of run.instances.filter(({ task_id: id, state }) => id === PUBLISH && state === 'success')) {
      logs.push(await airflow.log(run, task));
    }
    return logs;
  });
