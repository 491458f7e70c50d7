import { request } from 'node:https';
import { eventually } from './command';

export interface AirflowAccess {
  /** Address and port at which the page answers, for example a node's. */
  readonly address: string;
  readonly port: number;
  /** Name in the page's certificate. */
  readonly host: string;
  /** Certificate of the CA that the page's certificate is verified against. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Airflow's REST API over TLS that is verified. */
export class Airflow {
  private token = '';

  constructor(private readonly access: AirflowAccess) {}

  private ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const { address, port, host, ca } = this.access;
    const headers = {
      Host: `${host}:${port}`,
      'Content-Type': 'application/json',
      ...(this.token !== '' && { Authorization: `Bearer ${this.token}` }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: address, port, method, path, servername: host, ca, headers, timeout: 20_000 },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }),
          );
        },
      );
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer within 20 s`)));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  private async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 400 || answer.status === 0) {
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body.slice(0, 500)}`);
    }
    return JSON.parse(answer.body) as T;
  }

  async logIn(): Promise<void> {
    const { username, password } = this.access;
    const { access_token: token } = await this.json<{ access_token: string }>('POST', '/auth/token', {
      username,
      password,
    });
    this.token = token;
  }

  /** Runs a DAG with parameters to its end. @returns final state and the states of its tasks */
  async run(dag: string, conf: unknown, seconds: number): Promise<{ readonly state: string; readonly tasks: string }> {
    await eventually(`DAG ${dag} known`, 120, async () => {
      await this.json('PATCH', `/api/v2/dags/${dag}`, { is_paused: false });
      return true;
    });
    const begun = await this.json<{ dag_run_id: string }>('POST', `/api/v2/dags/${dag}/dagRuns`, {
      logical_date: null,
      conf,
    });
    const url = `/api/v2/dags/${dag}/dagRuns/${encodeURIComponent(begun.dag_run_id)}`;
    const state = await eventually(`${dag} ended`, seconds, async () => {
      const run = await this.json<{ state: string }>('GET', url);
      return ['success', 'failed'].includes(run.state) ? run.state : undefined;
    });
    const { task_instances: tasks } = await this.json<{
      task_instances: { task_id: string; map_index: number; state: string }[];
    }>('GET', `${url}/taskInstances?limit=1000`);
    return { state, tasks: tasks.map((task) => `${task.task_id}[${task.map_index}]=${task.state}`).join(' ') };
  }
}
