import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildDashboards } from '../../dashboards';
import type { Dashboard } from '../../dashboards/lib/model';
import type { DashboardSettings } from '../../dashboards/lib/settings';
import { isDrawable, resolveWish, writeDashboard, type Wish } from './answer';
import { loadAssets } from './assets';
import { panelContext, runPanel, valuesOf } from './data/dashboard-data';
import { DashboardDatabase } from './data/database';
import { InvalidRange } from './data/time-range';
import { isForLoopback, setSecurityHeaders } from './headers';
import { shellPage } from './shell';
import { csvOf } from './view/csv';
import { dashboardView, panelView } from './view/views';

export interface PageOptions {
  /** Connection string of the educators' dashboards role. */
  readonly databaseUrl: string;
  /** Connection string of the administrators' dashboards role. */
  readonly adminUrl: string;
  /** @default 3000; 0 takes any free port */
  readonly port?: number;
  /** Address to listen on, which must be of the loopback. @default 127.0.0.1 */
  readonly host?: string;
  readonly settings?: Partial<DashboardSettings>;
  /** What the relative ranges count back from. @default the machine's clock */
  readonly now?: () => Date;
  /** Hears of queries that failed and of connections that broke. @default standard error */
  readonly onError?: (error: unknown) => void;
}

export interface RunningPage {
  /** Address to open, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Dashboards that can be drawn from the database alone. */
function pageDashboards(settings?: Partial<DashboardSettings>): Dashboard[] {
  return buildDashboards(settings).filter(({ uid, audience }) => audience === 'educators' || uid === 'ops-pipeline');
}

/**
 * Serves the dashboards on this machine. Read only: there is nothing to log in to, so it listens on the loopback only.
 * @throws Error if the host is not of the loopback, or the port is taken
 */
export async function startPage(options: PageOptions): Promise<RunningPage> {
  const { port = 3000, host = '127.0.0.1', now = () => new Date() } = options;
  if (!LOOPBACK.has(host)) throw new Error(`host must be of the loopback (${[...LOOPBACK].join(', ')}), got ${host}`);
  const onError = options.onError ?? ((error: unknown) => process.stderr.write(`${String(error)}\n`));
  const database = new DashboardDatabase({ educator: options.databaseUrl, admin: options.adminUrl }, onError);
  const page = new Page(pageDashboards(options.settings), database, now, onError);
  const server = createServer((request, response) => void page.answer(request, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${actual}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await database.close();
    },
  };
}

class Page {
  private readonly assets = loadAssets();
  private readonly byUid: ReadonlyMap<string, Dashboard>;

  constructor(
    private readonly dashboards: readonly Dashboard[],
    private readonly database: DashboardDatabase,
    private readonly now: () => Date,
    private readonly onError: (error: unknown) => void,
  ) {
    this.byUid = new Map(dashboards.map((dashboard) => [dashboard.uid, dashboard]));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setSecurityHeaders(response);
    try {
      if (!isForLoopback(request)) return send(response, 403, 'this page answers only to localhost');
      if (request.method !== 'GET') return send(response, 405, 'this page only reads: use GET');
      await this.route(new URL(request.url ?? '/', 'http://localhost'), response);
    } catch (error) {
      if (error instanceof InvalidRange) return send(response, 400, error.message);
      this.onError(error);
      if (response.headersSent) response.end();
      else send(response, 500, 'something went wrong; the reason is in the log');
    }
  }

  private async route(url: URL, response: ServerResponse): Promise<void> {
    const asset = this.assets.get(url.pathname);
    if (asset) return send(response, 200, asset.body, asset.type);
    if (url.pathname === '/') return redirect(response, `/d/${this.dashboards[0].uid}`);
    const [, area, uid, part, key] = /^\/(d|api)\/([\w-]+)(?:\/(\w+)(?:\/([\w-]+)\.csv)?)?$/.exec(url.pathname) ?? [];
    const dashboard = this.byUid.get(uid ?? '');
    if (!dashboard) return send(response, 404, `there is no page ${url.pathname}`);
    if (area === 'd' && !part)
      return send(response, 200, shellPage(this.dashboards, dashboard), 'text/html; charset=utf-8');
    if (area === 'api' && part === 'definition') return sendJson(response, dashboardView(dashboard));
    if (area === 'api' && part === 'data' && !key) return this.sendData(dashboard, url.searchParams, response);
    if (area === 'api' && part === 'panels' && key) return this.sendCsv(dashboard, key, url.searchParams, response);
    return send(response, 404, `there is no page ${url.pathname}`);
  }

  private async sendData(dashboard: Dashboard, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const situation = await resolveWish(this.database, dashboard, wishOf(dashboard, query), this.now());
    response.setHeader('Content-Type', 'application/x-ndjson');
    await writeDashboard(response, this.database, dashboard, situation, this.onError);
  }

  private async sendCsv(
    dashboard: Dashboard,
    key: string,
    query: URLSearchParams,
    response: ServerResponse,
  ): Promise<void> {
    const panel = dashboard.panels.find((candidate) => candidate.key === key && candidate.kind === 'table');
    if (!panel || !isDrawable(panel)) return send(response, 404, `dashboard ${dashboard.uid} has no table ${key}`);
    const situation = await resolveWish(this.database, dashboard, wishOf(dashboard, query), this.now());
    const context = panelContext(panel, situation.range, situation.relative, valuesOf(situation.variables));
    const frames = await runPanel(this.database, panel, context);
    response.setHeader('Content-Disposition', `attachment; filename="${dashboard.uid}-${key}.csv"`);
    send(response, 200, csvOf(panelView(panel), frames), 'text/csv; charset=utf-8');
  }
}

/** Range and variables of an address, in the form of Grafana: `from`, `to`, `var-NAME`. */
function wishOf(dashboard: Dashboard, query: URLSearchParams): Wish {
  const variables = dashboard.variables.flatMap(({ name }) => {
    const value = query.get(`var-${name}`);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    from: query.get('from') ?? dashboard.range.from,
    to: query.get('to') ?? dashboard.range.to,
    variables: Object.fromEntries(variables),
  };
}

function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': type }).end(body);
}

function sendJson(response: ServerResponse, value: unknown): void {
  send(response, 200, JSON.stringify(value), 'application/json; charset=utf-8');
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { Location: location }).end();
}
