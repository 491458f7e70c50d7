import { PORT, WORKLOAD } from '../../../src/names';
import { forwardPort } from '../support/cluster';
import { eventually } from '../../support/eventually';

export interface Entry {
  /** Labels of the stream and metadata of the entry. */
  readonly labels: Readonly<Record<string, string>>;
  /** Nanoseconds since 1970. */
  readonly at: string;
  readonly text: string;
}

/** The HTTP API of Loki through a forwarded port. */
export class Loki {
  private constructor(
    private readonly url: string,
    readonly close: () => void,
  ) {}

  static async open(): Promise<Loki> {
    const { port, close } = await forwardPort(`statefulset/${WORKLOAD.loki}`, PORT.loki);
    return new Loki(`http://127.0.0.1:${port}`, close);
  }

  private async ask<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
    // A busy machine may close a connection that waits; asking again is free.
    return eventually(path, 60, async () => {
      const answer = await fetch(`${this.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`);
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${answer.status} ${text.slice(0, 300)}`);
      return (JSON.parse(text) as { data: T }).data;
    });
  }

  /** Entries of the last hour, newest first. */
  async entries(query: string, limit = 100): Promise<Entry[]> {
    const { result } = await this.ask<{ result: { stream: Record<string, string>; values: [string, string][] }[] }>(
      'query_range',
      { query, limit: `${limit}`, since: '1h' },
    );
    return result.flatMap(({ stream, values }) => values.map(([at, text]) => ({ labels: stream, at, text })));
  }

  /** Answers of a query that counts. */
  async counts(
    query: string,
  ): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly count: number }[]> {
    const { result } = await this.ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
      'query',
      { query },
    );
    return result.map(({ metric, value }) => ({ labels: metric, count: Number(value[1]) }));
  }
}
