import { command } from '../../../support/command';
import { eventually } from '../../../support/eventually';

export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly running: boolean;
  readonly status: string;
  /** `healthy`, `unhealthy`, `starting`, or empty without a health check. */
  readonly health: string;
  readonly exitCode: number;
  readonly restarts: number;
  readonly pid: number;
  readonly oneShot: boolean;
}

interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly Pid: number;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } };
}

export interface Verified {
  readonly compared: number;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
}

export interface Answered {
  readonly compared: number;
  readonly different: number;
  /** Published days of cohorts. */
  readonly runs: number;
}

export const docker = (args: readonly string[], timeoutSeconds = 60): Promise<string> =>
  command('docker', args, { timeoutSeconds });

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** One project of Compose in a checkout. */
export class Stack {
  private readonly own: string;
  /** Read by the compose files. */
  readonly variables: Record<string, string> = {};

  constructor(
    readonly directory: string,
    readonly project: string,
  ) {
    this.own = `label=com.docker.compose.project=${project}`;
  }

  compose(args: readonly string[], timeoutSeconds = 300): Promise<string> {
    const base = ['compose', '--project-name', this.project, '--project-directory', this.directory];
    // A test's own environment is not that of the programs that it starts.
    const variables = Object.entries(this.variables).map(([name, value]) => `${name}=${value}`);
    return command('env', [...variables, 'docker', ...base, ...args], { timeoutSeconds });
  }

  /** Brings everything up and waits for health. @returns seconds */
  async up(timeoutSeconds = 1200): Promise<number> {
    const begun = Date.now();
    try {
      await this.compose(['up', '--detach', '--wait', '--quiet-pull'], timeoutSeconds);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${await this.report()}`);
    }
    return (Date.now() - begun) / 1000;
  }

  async containers(): Promise<ContainerState[]> {
    const ids = lines(await docker(['ps', '--all', '--quiet', '--no-trunc', '--filter', this.own]));
    if (ids.length === 0) return [];
    const all = JSON.parse(await docker(['inspect', ...ids])) as Inspected[];
    return all
      .map(({ Id, Name, RestartCount, State, Config, HostConfig }) => ({
        id: Id,
        name: Name.slice(1),
        service: Config.Labels['com.docker.compose.service'],
        running: State.Running,
        status: State.Status,
        health: State.Health?.Status ?? '',
        exitCode: State.ExitCode,
        restarts: RestartCount,
        pid: State.Pid,
        oneShot: HostConfig.RestartPolicy.Name === 'on-failure',
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Containers that are not as they should be: healthy, or ended well. */
  async unwell(): Promise<string[]> {
    return (await this.containers())
      .filter(({ oneShot, running, health, exitCode }) =>
        oneShot ? running || exitCode !== 0 : !running || health !== 'healthy',
      )
      .map(({ name, status, health, exitCode }) => `${name}: ${status} ${health} ${exitCode}`);
  }

  untilWell(seconds: number): Promise<true> {
    return eventually(
      'all containers well',
      seconds,
      async () => {
        const unwell = await this.unwell();
        if (unwell.length > 0) throw new Error(unwell.join(', '));
        return true as const;
      },
      2,
    );
  }

  /** State and last lines of everything that is not well, for a failure's message. */
  async report(): Promise<string> {
    const unwell = await this.unwell();
    const logs = unwell.map(async (line) => {
      const [name] = line.split(':');
      const text = await command('bash', ['-c', 'docker logs --tail 15 "$0" 2>&1', name]);
      return `--- ${line}\n${text}`;
    });
    return (await Promise.all(logs)).join('\n');
  }

  /** Runs SQL as superuser within the database's container and returns the rows, fields divided by `|`. */
  async sql(text: string, database = 'edtech'): Promise<string[]> {
    const args = ['psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', text];
    return lines(await this.compose(['exec', '-T', 'postgres', ...args], 60));
  }

  /** The simulator's own proof of the events. */
  async verify(): Promise<Verified> {
    const { compared, lost, extra, changed } = await this.prove<Verified>(['verify']);
    return { compared, lost, extra, changed };
  }

  /** The simulator's own proof of the figures, which also publishes how often the at-risk rule was right. */
  async answerKey(): Promise<Answered> {
    const { compared, different, runs } = await this.prove<Answered>(['answer-key', '--publish']);
    return { compared, different, runs };
  }

  /** Runs a command that prints what it has compared. Exit code 1 of it is a result. */
  private async prove<T>(args: readonly string[], timeoutSeconds = 600): Promise<T> {
    const run = ['compose', '--project-name', this.project, '--file', `${this.directory}/compose.yaml`, 'run', '--rm'];
    const script = '"$0" "$@" 2>&1; echo "exit $?"';
    const text = await command(
      'bash',
      ['-c', script, 'docker', ...run, '--no-deps', '--no-TTY', 'simulator', ...args],
      {
        timeoutSeconds,
      },
    );
    const line = lines(text).find((part) => part.startsWith('{"') && part.includes('"compared"'));
    if (line === undefined) throw new Error(`${args[0]} printed no result: ${text.slice(-1000)}`);
    return JSON.parse(line) as T;
  }

  /** Accounts of the two pages, as the stack tells them. */
  async accounts(): Promise<Record<'Grafana' | 'Airflow', { username: string; password: string }>> {
    const shown = await this.compose(['run', '--rm', '--no-TTY', 'secrets', 'show']);
    const account = (page: string): { username: string; password: string } => {
      const found = new RegExp(`^${page} +\\S+ +(\\S+) +(\\S+)$`, 'm').exec(shown);
      if (found === null) throw new Error(`no account of ${page} in: ${shown.replace(/\w{20,}/g, '…')}`);
      return { username: found[1], password: found[2] };
    };
    return { Grafana: account('Grafana'), Airflow: account('Airflow') };
  }

  /** Takes away everything that is the project's. */
  async remove(): Promise<void> {
    await this.compose(['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '10']);
  }

  /** Containers, volumes and networks of the project. */
  async remains(): Promise<string[]> {
    const ask = async (kind: string, ...args: string[]): Promise<string[]> =>
      lines(await docker([kind, 'ls', ...args, '--filter', this.own, '--quiet'])).map((id) => `${kind} ${id}`);
    return [...(await ask('container', '--all')), ...(await ask('volume')), ...(await ask('network'))];
  }
}
