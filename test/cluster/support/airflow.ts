import { eventually } from '../../support/eventually';

/** A try of a task, as the API tells it. */
export interface TaskInstance {
  readonly task_id: string;
  readonly map_index: number;
  readonly try_number: number;
  readonly state: string;
}

/** A DAG run that has ended. */
export interface Run {
  readonly dag: string;
  readonly id: string;
  readonly state: string;
  readonly instances: readonly TaskInstance[];
  /** The same in one line. */
  readonly tasks: string;
}

const runUrl = (dag: string, id: string): string => `/api/v2/dags/${dag}/dagRuns/${encodeURIComponent(id)}`;

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

  /** Runs a DAG with parameters to its end. */
  async run(dag: string, conf: unknown, seconds: number): Promise<Run> {
    await eventually(`DAG ${dag} known`, 120, async () => {
      await this.ask('PATCH', `/api/v2/dags/${dag}`, { is_paused: false });
      return true;
    });
    const run = { logical_date: null, conf };
    const { dag_run_id: id } = await this.ask<{ dag_run_id: string }>('POST', `/api/v2/dags/${dag}/dagRuns`, run);
    const url = runUrl(dag, id);
    const state = await eventually(`${dag} ended`, seconds, async () => {
      const now = await this.ask<{ state: string }>('GET', url);
      return ['success', 'failed'].includes(now.state) ? now.state : undefined;
    });
    const { task_instances: instances } = await this.ask<{ task_instances: TaskInstance[] }>(
      'GET',
      `${url}/taskInstances?limit=1000`,
    );
    const tasks = instances.map((task) => `${task.task_id}[${task.map_index}]=${task.state}`).join(' ');
    return { dag, id, state, instances, tasks };
  }

  /** Log of the last try of a task, as the page shows it; where it cannot be read, the page's reason is all that it holds. */
  async log({ dag, id }: Run, { task_id: task, map_index: index, try_number: number }: TaskInstance): Promise<string> {
    const { content } = await this.ask<{ content: { event: string }[] }>(
      'GET',
      `${runUrl(dag, id)}/taskInstances/${task}/logs/${number}?map_index=${index}&full_content=true`,
    );
    return content.map(({ event }) => event).join('\n');
  }
}
