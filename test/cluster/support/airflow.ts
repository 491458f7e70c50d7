import { eventually } from './command';

/** Airflow's REST API. */
export class Airflow {
  private token = '';

  /** @param url of the page, without a path */
  constructor(
    private readonly url: string,
    private readonly account: { readonly username: string; readonly password: string },
  ) {}

  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(this.token !== '' && { Authorization: `Bearer ${this.token}` }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  }

  async logIn(): Promise<void> {
    this.token = (await this.ask<{ access_token: string }>('POST', '/auth/token', this.account)).access_token;
  }

  /** Runs a DAG with parameters to its end. @returns its final state and those of its tasks */
  async run(dag: string, conf: unknown, seconds: number): Promise<{ readonly state: string; readonly tasks: string }> {
    await eventually(`DAG ${dag} known`, 120, async () => {
      await this.ask('PATCH', `/api/v2/dags/${dag}`, { is_paused: false });
      return true;
    });
    const run = { logical_date: null, conf };
    const { dag_run_id: id } = await this.ask<{ dag_run_id: string }>('POST', `/api/v2/dags/${dag}/dagRuns`, run);
    const url = `/api/v2/dags/${dag}/dagRuns/${encodeURIComponent(id)}`;
    const state = await eventually(`${dag} ended`, seconds, async () => {
      const now = await this.ask<{ state: string }>('GET', url);
      return ['success', 'failed'].includes(now.state) ? now.state : undefined;
    });
    const { task_instances: tasks } = await this.ask<{
      task_instances: { task_id: string; map_index: number; state: string }[];
    }>('GET', `${url}/taskInstances?limit=1000`);
    return { state, tasks: tasks.map((task) => `${task.task_id}[${task.map_index}]=${task.state}`).join(' ') };
  }
}
