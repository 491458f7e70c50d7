import { PORT, WORKLOAD } from '../../../src/names';
import { forwardPort } from './cluster';

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Target {
  readonly job: string;
  readonly pod: string;
  readonly health: string;
  readonly lastError: string;
}

/** The HTTP API of Prometheus through a forwarded port. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    readonly close: () => void,
  ) {}

  static async open(): Promise<Prometheus> {
    const { port, close } = await forwardPort(`statefulset/${WORKLOAD.prometheus}`, PORT.prometheus);
    return new Prometheus(`http://127.0.0.1:${port}`, close);
  }

  private async ask<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const body = (await answer.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(`${path}: ${body.error}`);
    return body.data;
  }

  async query(query: string): Promise<Sample[]> {
    const { result } = await this.ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
      'query',
      { query },
    );
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** The value of a query with one answer. */
  async number(query: string): Promise<number> {
    const samples = await this.query(query);
    if (samples.length !== 1) throw new Error(`${query} has ${samples.length} answers, expected one`);
    return samples[0].value;
  }

  /** Names of all labels. */
  labels = (): Promise<string[]> => this.ask('labels');

  /** Values of a label of everything that is stored. */
  labelValues = (label: string): Promise<string[]> => this.ask(`label/${label}/values`);

  async targets(): Promise<Target[]> {
    const { activeTargets } = await this.ask<{
      activeTargets: { labels: Record<string, string>; health: string; lastError: string }[];
    }>('targets', { state: 'active' });
    return activeTargets.map(({ labels, health, lastError }) => ({
      job: labels.job,
      pod: labels.pod ?? labels.node,
      health,
      lastError,
    }));
  }

  /** Names of rules whose last evaluation failed, with the error. */
  async failedRules(): Promise<string[]> {
    const { groups } = await this.ask<{ groups: { rules: { name: string; health: string; lastError?: string }[] }[] }>(
      'rules',
    );
    return groups.flatMap(({ rules }) =>
      rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => `${name}: ${lastError ?? 'not yet'}`),
    );
  }
}
