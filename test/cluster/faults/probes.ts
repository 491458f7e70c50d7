import { kubectl, get } from '../support/cluster';
import { eventually } from '../../support/eventually';
import { sql } from '../support/members';
import { compare, newSince, type Ledger, type Stored } from './analysis';
import { readAcknowledged, type Acknowledged } from './probe/events';
import { CLIENT, PROBE, probeManifests, type ProbeProps } from './probe/chart';

const OVERLAP_MS = 5000;

/** Makes the table; its owner is the login that the probes use. */
const TABLE = `
set role edtech_owner;
create schema if not exists fault_probe;
create table if not exists fault_probe.writes (writer text not null, number bigint not null);
`;

/** The probes' pods and everything that they were ever told. */
export class Probes {
  private readonly acknowledged = new Map<string, Acknowledged>();
  private readonly readUntilMs = new Map<string, number>();
  private readonly names: readonly string[];
  private compared: Ledger = { acknowledged: [], missing: [], doubled: [], unacknowledged: [], stale: [] };

  private constructor(props: ProbeProps) {
    this.names = [CLIENT, ...props.members.map(({ name }) => `${PROBE}-${name}`)];
  }

  /** Replaces the probes of an earlier run and waits until rows are acknowledged. */
  static async deploy(props: ProbeProps, primary: string): Promise<Probes> {
    await sql(primary, TABLE);
    await kubectl(['delete', 'pods', '--selector', `app.kubernetes.io/name=${PROBE}`, '--grace-period=1']);
    await kubectl(['apply', '--server-side', '--filename=-'], { input: probeManifests(props) });
    const probes = new Probes(props);
    await eventually('acknowledged rows of the probes', 120, async () => {
      await probes.collect();
      return new Set([...probes.acknowledged.values()].map(({ writer }) => writer)).size >= 3;
    });
    return probes;
  }

  /** Reads what the probes printed since the last time; a container that a lost node took with it is read once more. */
  async collect(): Promise<void> {
    await Promise.all(
      this.names.map(async (pod) => {
        const since = this.readUntilMs.get(pod) ?? 0;
        const from = since === 0 ? [] : [`--since-time=${new Date(since - OVERLAP_MS).toISOString()}`];
        const now = Date.now();
        const texts = [await kubectl(['logs', pod, ...from])];
        const { status } = await get<{ status: { containerStatuses?: { restartCount: number }[] } }>(['pod', pod]);
        if ((status.containerStatuses?.[0].restartCount ?? 0) > 0) {
          // Kept by the node until the next restart; gone is possible and then only makes the comparison smaller.
          texts.push(await kubectl(['logs', pod, '--previous', ...from]).catch(() => ''));
        }
        for (const text of texts) {
          for (const row of readAcknowledged(text)) this.acknowledged.set(`${row.writer} ${row.number}`, row);
        }
        this.readUntilMs.set(pod, now);
      }),
    );
  }

  /** Rows that were acknowledged from an instant on. @param stream only those of one, for example `rw` */
  since(ms: number, stream?: string): Acknowledged[] {
    return [...this.acknowledged.values()].filter(
      ({ writer, answeredMs }) => answeredMs >= ms && (stream === undefined || writer.startsWith(`${stream}@`)),
    );
  }

  /** Compares all that was ever acknowledged, between rounds too, with the table as the primary has it. Returns what the comparison before did not show. */
  async compareWithTable(primary: string): Promise<Ledger> {
    await this.collect();
    const acknowledged = [...this.acknowledged.values()];
    const lines = await sql(primary, 'select writer, number, count(*) from fault_probe.writes group by 1, 2;');
    const stored = lines.map((line): Stored => {
      const [writer, number, rows] = line.split('|');
      return { writer, number: Number(number), rows: Number(rows) };
    });
    const known = new Set(acknowledged.map(({ writer }) => writer));
    const now = compare(
      acknowledged,
      stored.filter(({ writer }) => known.has(writer)),
    );
    const added = newSince(this.compared, now);
    this.compared = now;
    return added;
  }
}
