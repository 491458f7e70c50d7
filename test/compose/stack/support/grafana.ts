interface Checked {
  readonly dashboard: string;
  readonly panel: string;
  readonly kind: string;
  readonly ok: boolean;
  readonly rows: number;
  readonly error?: string;
  readonly targets?: readonly { readonly ok: boolean; readonly error?: string }[];
}

export interface DashboardCheck {
  readonly ok: boolean;
  readonly dashboards: number;
  readonly queries: number;
  readonly failed: number;
  readonly empty: number;
  readonly results: readonly Checked[];
}

/** What answers as Grafana at the page, with its administrator. */
export class Grafana {
  private readonly authorization: string;

  constructor(
    private readonly url: string,
    { username, password }: { readonly username: string; readonly password: string },
  ) {
    this.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  async get<T>(path: string, timeoutMs = 120_000): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      headers: { Authorization: this.authorization },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  }

  title = async (uid: string): Promise<string> =>
    (await this.get<{ dashboard: { title: string } }>(`/api/dashboards/uid/${uid}`)).dashboard.title;

  /** Runs every query of every dashboard. */
  check = (): Promise<DashboardCheck> => this.get('/check/dashboards');
}
