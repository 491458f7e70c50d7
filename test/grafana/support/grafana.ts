import { PORT } from '../../../src/names';
import { LOCKED_DOWN, type Containers } from '../../support/containers';
import { eventually } from '../../support/eventually';
import type { GrafanaContainer } from './deployment';

/** Answer of `GET /check/dashboards` about one query or the queries of one panel. */
export interface QueryResult {
  readonly dashboard: string;
  readonly panel: string;
  readonly kind: 'variable' | 'panel' | 'annotation';
  readonly ok: boolean;
  readonly rows: number;
  readonly error: string;
}

/** How long it may take to read its settings and provisioning. */
const START_SECONDS = 120;

/** The checking stand-in for Grafana, started as the manifest starts Grafana, on read-only root and without any capability. */
export class Grafana {
  private constructor(
    private readonly containers: Containers,
    readonly id: string,
    private readonly authorization: string,
  ) {}

  static start(containers: Containers, { image, user, memory, env, folders }: GrafanaContainer): Grafana {
    const mounts = folders.flatMap(({ path, files }) =>
      files === undefined
        ? ['--tmpfs', `${path}:uid=${user.split(':')[0]},mode=755`]
        : ['--volume', `${containers.folderOf(files)}:${path}:ro`],
    );
    const id = containers.run({
      image,
      publish: PORT.grafana,
      env: { ...env, GRAFANA_CHECK_STRICT: '1' },
      options: [...LOCKED_DOWN, ...['--user', user, '--memory', memory.replace('Mi', 'm')], ...mounts],
    });
    const account = `${env.GF_SECURITY_ADMIN_USER}:${env.GF_SECURITY_ADMIN_PASSWORD}`;
    return new Grafana(containers, id, `Basic ${Buffer.from(account).toString('base64')}`);
  }

  /** @throws Error with its log where it ends instead */
  async ready(): Promise<void> {
    await eventually('Grafana ready', START_SECONDS, () => this.ask('/api/health'), 0.3).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.log()}`, { cause: error });
    });
  }

  /** Waits for its end. @returns the exit code */
  ended(): Promise<number> {
    return eventually('Grafana ended', START_SECONDS, () => this.containers.exitCode(this.id), 0.3);
  }

  async ask<T>(path: string): Promise<T> {
    const url = `http://127.0.0.1:${this.containers.port(this.id, PORT.grafana)}${path}`;
    const answer = await fetch(url, {
      headers: { authorization: this.authorization },
      signal: AbortSignal.timeout(120_000),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 500)}`);
    return (await answer.json()) as T;
  }

  /** Every query of one dashboard or of all, through the provisioned data sources. */
  async queries(parameters: Readonly<Record<string, string>> = {}): Promise<QueryResult[]> {
    const { results } = await this.ask<{ results: QueryResult[] }>(
      `/check/dashboards?${new URLSearchParams(parameters).toString()}`,
    );
    return results;
  }

  log(): string {
    return this.containers.logs(this.id);
  }

  remove(): void {
    this.containers.remove(this.id);
  }
}
