import { secretRefs } from '../../../charts/05-secrets';
import type { PlatformConfig } from '../../../src/config/types';
import { PORT, WORKLOAD } from '../../../src/names';
import { Airflow } from './airflow';
import { forwardPort } from './cluster';
import { secretText } from './platform';

const SECONDS = 420;

/** Runs the daily analytics of a day of all cohorts to its end, as Airflow's administrator. @param day for example `2026-03-02` */
export async function runDailyAnalytics(
  config: PlatformConfig,
  day: string,
): Promise<{ readonly state: string; readonly tasks: string }> {
  const { airflowAdmin } = secretRefs(config);
  const page = await forwardPort(`deployment/${WORKLOAD.airflowApiServer}`, PORT.airflow);
  try {
    const airflow = new Airflow(`http://127.0.0.1:${page.port}`, {
      username: await secretText(airflowAdmin.name, 'username'),
      password: await secretText(airflowAdmin.name, 'password'),
    });
    await airflow.logIn();
    return await airflow.run('daily_analytics', { day, cohorts: [] }, SECONDS);
  } finally {
    page.close();
  }
}
