import { PORT, WORKLOAD } from '../../../src/names';
import { get, kubectl } from '../support/cluster';
import { sleep } from '../../support/eventually';
import { members } from '../support/members';
import { record } from '../support/record';
import { latestTickSeconds, databaseTime } from './ledger';
import { LogFiles } from './log-files';
import { PageProbe } from './page-probe';

/** Endpoints and connections that are ending are given this time before the balance of a change is drawn. */
const AFTERMATH_SECONDS = 15;
const REFUSED = /authentication failed|no pg_hba\.conf entry|is not permitted to log in/;

/** Length of the moment that begins a line of PostgreSQL, `2026-01-31 23:59:59.123 UTC`. */
const MOMENT = 27;

/** A client of the pages in place of the ingress controller: this machine's requests come by way of the nodes. */
const CLIENT_POLICY = 'edtech-changes-test';
const clientPolicy = (cidr: string): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: CLIENT_POLICY },
  spec: {
    podSelector: {
      matchExpressions: [
        {
          key: 'app.kubernetes.io/name',
          operator: 'In',
          values: [WORKLOAD.airflowApiServer, WORKLOAD.grafana],
        },
      ],
    },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ ipBlock: { cidr } }] }],
  },
});

async function addressOf(service: string): Promise<string> {
  return (await get<{ spec: { clusterIP: string } }>(['service', service])).spec.clusterIP;
}

/** What one change cost its users. */
export interface Balance {
  readonly seconds: number;
  readonly latestTickSeconds: number;
  readonly requests: number;
  readonly failedRequests: readonly string[];
  readonly longestRequestMs: number;
  readonly refusedLogins: readonly string[];
}

/** Everything that uses the platform while it is changed: its own simulators, and requests to both pages ten times a second each. */
export class Load {
  private constructor(
    private readonly probes: readonly PageProbe[],
    readonly logs: LogFiles,
  ) {}

  /** @param clients addresses of this machine as the cluster sees them */
  static async start(logDirectory: string, clients: string): Promise<Load> {
    await kubectl(['apply', '--server-side', '--filename=-'], { input: JSON.stringify(clientPolicy(clients)) });
    // Policies come into force a moment later.
    await sleep(5);
    return new Load(
      [
        new PageProbe({
          address: await addressOf(WORKLOAD.airflowApiServer),
          port: PORT.airflow,
          path: '/api/v2/version',
        }),
        new PageProbe({ address: await addressOf(WORKLOAD.grafana), port: PORT.grafana, path: '/healthz' }),
      ],
      new LogFiles(logDirectory),
    );
  }

  /** @param since moment of the database; its logs, which begin with the moment, hold the refusals of a first start as well */
  private refusals = (since: string): string[] =>
    this.logs
      .lines(WORKLOAD.postgres)
      .filter(({ line }) => REFUSED.test(line) && Date.parse(line.slice(0, MOMENT)) >= Date.parse(since))
      .map(({ file, line }) => `${file}: ${line}`);

  /** Makes a change and draws the balance of the time that it took. */
  async during(what: string, change: () => Promise<void>): Promise<Balance> {
    const [{ name }] = await members();
    const since = await databaseTime(name);
    for (const probe of this.probes) await probe.take();
    const begun = Date.now();
    await change();
    const seconds = Math.round((Date.now() - begun) / 1000);
    await sleep(AFTERMATH_SECONDS);
    const pages = await Promise.all(this.probes.map((probe) => probe.take()));
    const balance: Balance = {
      seconds,
      latestTickSeconds: Math.round(10 * (await latestTickSeconds(name, since))) / 10,
      requests: pages.reduce((sum, { asked }) => sum + asked, 0),
      failedRequests: pages.flatMap(({ failed }) => failed),
      longestRequestMs: Math.max(...pages.map(({ longestMs }) => longestMs)),
      refusedLogins: this.refusals(since),
    };
    record(what, {
      ...balance,
      failedRequests: balance.failedRequests.length,
      refusedLogins: balance.refusedLogins.length,
    });
    return balance;
  }

  async stop(): Promise<void> {
    for (const probe of this.probes) probe.stop();
    await this.logs.stop();
    await kubectl(['delete', 'networkpolicy', CLIENT_POLICY, '--ignore-not-found']);
  }
}

/** That nobody noticed a change. The lists come first: they say what went wrong. */
export function expectUnnoticed(balance: Balance, latestTickSeconds: number): void {
  const { failedRequests, refusedLogins } = balance;
  expect({ failedRequests, refusedLogins }).toEqual({ failedRequests: [], refusedLogins: [] });
  // Ten a second to each page, some lost to a busy machine's timers.
  expect(balance.requests).toBeGreaterThan(balance.seconds * 10);
  expect(balance.latestTickSeconds).toBeLessThanOrEqual(latestTickSeconds);
}
