import path from 'node:path';
import { App } from 'cdk8s';
import { secretRefs } from '../../../../charts/05-secrets';
import type { PlatformConfig } from '../../../../src/config/types';
import { PORT, serviceHost, WORKLOAD } from '../../../../src/names';
import { kubectl } from '../cluster';
import { eventually } from '../../../support/eventually';
import { ProbeChart } from '../test-pod';
import type { Page } from './prober';

const NAME = 'edtech-page-probe';
const OVERLAP_MS = 5000;

/** What became of one request. Times are milliseconds since 1970. */
export interface Request {
  readonly page: string;
  readonly sentMs: number;
  readonly answeredMs: number;
  /** Undefined when it was answered as it should be. */
  readonly failure: string | undefined;
}

/** Reads the output of the prober. @throws Error for a line that it does not print */
export function readRequests(text: string): Request[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, page, sent, answered, result, why] = /^page (\S+) (\d+) (\d+) (ok|failed)(?: (.*))?$/.exec(line) ?? [];
      if (page === undefined) throw new Error(`the page probe does not print "${line}"`);
      return {
        page,
        sentMs: Number(sent),
        answeredMs: Number(answered),
        failure: result === 'ok' ? undefined : (why ?? 'unknown'),
      };
    });
}

/** Addresses of the two pages as a pod reaches them. @param paths by page; an answer must match `expect` where it is given */
export function pagesOf(
  config: PlatformConfig,
  everyMs: number,
  paths: Readonly<Record<'grafana' | 'airflow', { readonly path: string; readonly expect?: string }>>,
): Page[] {
  const scheme = config.pages.tls === 'internal-ca' ? 'https' : 'http';
  const url = (workload: string, port: number): string => `${scheme}://${serviceHost(workload)}:${port}`;
  return [
    { name: 'grafana', base: url(WORKLOAD.grafana, PORT.grafana) },
    { name: 'airflow', base: url(WORKLOAD.airflowApiServer, PORT.airflow) },
  ].map(({ name, base }) => {
    const { path: at, expect } = paths[name as 'grafana' | 'airflow'];
    return { name, url: `${base}${at}`, everyMs, ...(expect !== undefined && { expect }) };
  });
}

/** A pod that asks the pages through their Services, and every answer that it ever got. */
export class PageProbe {
  private readonly requests = new Map<string, Request>();
  private readUntilMs = 0;

  /** @param names of the pages that are asked */
  private constructor(readonly names: readonly string[]) {}

  /** Replaces the probe of an earlier run and waits until each page answers as it should. @param node where no fault happens */
  static async deploy(config: PlatformConfig, node: string, pages: readonly Page[]): Promise<PageProbe> {
    const chart = new ProbeChart(new App(), {
      name: NAME,
      program: path.join(__dirname, 'prober.ts'),
      image: config.images.simulator.reference,
      instance: config.environment,
      ca: secretRefs(config).ca,
      reaches: [
        { workload: WORKLOAD.grafana, port: PORT.grafana },
        { workload: WORKLOAD.airflowApiServer, port: PORT.airflow },
      ],
    });
    chart.pod(NAME, node, { PAGES: JSON.stringify(pages) });
    await kubectl(['delete', 'pods', '--selector', `app.kubernetes.io/name=${NAME}`, '--grace-period=1']);
    await kubectl(['apply', '--server-side', '--filename=-'], { input: chart.manifests() });
    const probe = new PageProbe(pages.map(({ name }) => name));
    await eventually('both pages answer the probe', 180, async () => {
      await probe.collect();
      const good = probe.since(Date.now() - OVERLAP_MS).filter(({ failure }) => failure === undefined);
      return probe.names.every((name) => good.some(({ page }) => page === name));
    });
    return probe;
  }

  /** Reads what was printed since the last time. */
  async collect(): Promise<void> {
    const from =
      this.readUntilMs === 0 ? [] : [`--since-time=${new Date(this.readUntilMs - OVERLAP_MS).toISOString()}`];
    const now = Date.now();
    for (const request of readRequests(await kubectl(['logs', NAME, ...from]))) {
      this.requests.set(`${request.page} ${request.sentMs}`, request);
    }
    this.readUntilMs = now;
  }

  /** Requests that were sent from an instant on. */
  since(ms: number): Request[] {
    return [...this.requests.values()].filter(({ sentMs }) => sentMs >= ms);
  }

  async remove(): Promise<void> {
    const kinds = 'pod,configmap,serviceaccount,networkpolicy';
    await kubectl(['delete', kinds, '--selector', `app.kubernetes.io/name=${NAME}`, '--grace-period=1']);
  }
}
