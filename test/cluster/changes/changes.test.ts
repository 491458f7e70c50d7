import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DATABASE, WORKLOAD } from '../../../src/names';
import type { SecretStore } from '../../../src/secrets/store';
import { get, kubectl } from '../support/cluster';
import { command } from '../../support/command';
import { eventually, sleep } from '../../support/eventually';
import { untilWhole } from '../support/members';
import { applyFile, removePlatform, untilSettled } from '../support/platform';
import { record } from '../support/record';
import { EXACT, verify } from '../support/simulator';
import { OperatorCheckout } from './operator-checkout';
import { LATEST_COMMIT_SECONDS } from './ledger';
import { expectUnnoticed, Load } from './load';
import { callPatroni, loginIn, logIn, secretValues, servedCertificates } from './logins';
import { loginsOfRotated, ROTATED, STEPS } from './rotation';

const MEMBERS = 3;
const HOUR_MS = 3_600_000;
const SLOW = 1_800_000;
/** How the cluster sees this machine. */
const CLIENTS = process.env.EDTECH_CLIENTS ?? '10.245.0.0/24';

const work = mkdtempSync(path.join(tmpdir(), 'edtech-changes-'));
const keep = process.env.EDTECH_KEEP === 'true';

let checkout: OperatorCheckout;
let load: Load;
let first: SecretStore;
const stores: SecretStore[] = [];

beforeAll(async () => {
  checkout = new OperatorCheckout(path.join(work, 'checkout'), path.join(__dirname, 'settings.ts'));
  const rendered = await checkout.synth();
  await applyFile(path.join(rendered, '00-platform.k8s.yaml'));
  await applyFile(rendered);
  await untilSettled(900);
  await untilWhole(MEMBERS, 120);
  first = checkout.store();
  load = await Load.start(path.join(work, 'logs'), CLIENTS);
}, SLOW);

afterAll(async () => {
  await load?.stop();
  if (!keep) await removePlatform();
  rmSync(work, { recursive: true, force: true });
});

afterEach(() => {
  stores.push(checkout.store());
});

describe('rotation and rolling update', () => {
  test('without a change nobody notices anything', async () => {
    expectUnnoticed(await load.during('no change', () => sleep(30)), LATEST_COMMIT_SECONDS);
  });

  test(
    'of the passwords of simulator, Airflow, Grafana and its data sources goes unnoticed',
    async () => {
      const balance = await load.during('rotation of simulator, Airflow and Grafana', async () => {
        await checkout.roll('rotate', ...Object.keys(ROTATED));
      });
      expectUnnoticed(balance, LATEST_COMMIT_SECONDS);
    },
    SLOW,
  );

  test(
    'of Airflow and Grafana by their Deployments fails no request',
    async () => {
      const names = [
        WORKLOAD.airflowApiServer,
        WORKLOAD.airflowScheduler,
        WORKLOAD.airflowDagProcessor,
        WORKLOAD.grafana,
      ].map((name) => `deployment/${name}`);
      expectUnnoticed(
        await load.during('rolling update of Airflow and Grafana', async () => {
          await kubectl(['rollout', 'restart', ...names]);
          await untilSettled(900);
        }),
        LATEST_COMMIT_SECONDS,
      );
    },
    SLOW,
  );

  test(
    'of the passwords of replication, pg_rewind and Patroni’s REST API goes unnoticed',
    async () => {
      const balance = await load.during('rotation of replication, rewind and Patroni', async () => {
        await checkout.roll('rotate', 'replication', 'rewind', 'edtech-patroni-api');
      });
      await untilWhole(MEMBERS, 120);
      expectUnnoticed(balance, LATEST_COMMIT_SECONDS);
    },
    SLOW,
  );

  test('leaves every consumer at its other login', () => {
    const now = loginsOfRotated(checkout.store()).map(({ username }) => username);
    expect(now).toEqual(loginsOfRotated(first).map(({ username }) => username.replace(/_a$/, '_b')));
  });

  test(
    'to a server certificate of an hour, and its renewal, go unnoticed',
    async () => {
      const shorter = await load.during('server certificate of one hour', async () => {
        await checkout.roll('renew', 'edtech-postgres-tls', '--hours', '1');
      });
      const short = await servedCertificates();
      expect(short.size).toBe(2 * MEMBERS);
      for (const ends of short.values()) expect(ends).toBeLessThan(Date.now() + HOUR_MS);
      const longer = await load.during('renewal of all certificates', async () => {
        await checkout.roll('renew');
      });
      for (const ends of (await servedCertificates()).values())
        expect(ends).toBeGreaterThan(Date.now() + 300 * 24 * HOUR_MS);
      await untilWhole(MEMBERS, 120);
      expectUnnoticed(shorter, LATEST_COMMIT_SECONDS);
      expectUnnoticed(longer, LATEST_COMMIT_SECONDS);
    },
    SLOW,
  );

  test(
    'that is killed after each of its steps is completed by further calls',
    async () => {
      const [login, logins] = ['edtech-grafana-database', 'edtech-postgres-logins'].map((name) =>
        checkout.revision(name),
      );
      let killed = 0;
      const balance = await load.during('rotation of Grafana, killed after each step', async () => {
        const done = (): boolean =>
          checkout.revision('edtech-postgres-logins') > logins && (checkout.store().unapplied ?? []).length === 0;
        for (const step of [...STEPS, ...STEPS]) {
          if (!done() && (await checkout.rollKilled(step, 'rotate', 'grafana'))) killed++;
        }
        if (!done()) await checkout.roll('rotate', 'grafana');
      });
      record('rotation killed', { times: killed });
      expect(killed).toBeGreaterThanOrEqual(STEPS.length + 2);
      expect(checkout.revision('edtech-grafana-database')).toBe(login + 1);
      expect(checkout.revision('edtech-postgres-logins')).toBe(logins + 1);
      expect(checkout.store()).toMatchObject({ retiring: [], unapplied: [] });
      expectUnnoticed(balance, LATEST_COMMIT_SECONDS);
    },
    SLOW,
  );

  test('leaves the old passwords refused and the new ones accepted', async () => {
    const store = checkout.store();
    for (const login of loginsOfRotated(store))
      expect([login.username, await logIn(login)]).toEqual([login.username, 'accepted']);
    for (const login of loginsOfRotated(first))
      expect([login.username, await logIn(login)]).toEqual([
        login.username,
        expect.stringContaining('password authentication failed'),
      ]);
    expect(await callPatroni(loginIn(first, 'patroniApi', DATABASE.edtech))).toBe(401);
    expect(await callPatroni(loginIn(store, 'patroniApi', DATABASE.edtech))).toBeLessThan(300);
  });

  test('costs no event', async () => {
    expect(await verify()).toMatchObject(EXACT);
  });
});

interface SimulatorPods {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly spec: { readonly containers: readonly { readonly image: string }[] };
    readonly status: {
      readonly containerStatuses?: readonly { readonly ready: boolean; readonly restartCount: number }[];
    };
  }[];
}

const simulators = async (): Promise<SimulatorPods['items']> =>
  (await get<SimulatorPods>(['pods', `--selector=app.kubernetes.io/name=${WORKLOAD.simulator}`])).items.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );

const imagesOf = async (): Promise<string[]> => [
  ...new Set((await simulators()).flatMap(({ spec }) => spec.containers.map(({ image }) => image))),
];

describe('upgrade', () => {
  const NEXT = '0.1.1';
  let oldRelease: string;
  let newRelease: string;
  let oldImage: string;
  let newImage: string;

  beforeAll(async () => {
    oldRelease = path.join(work, 'old-release');
    cpSync(checkout.rendered, oldRelease, { recursive: true });
    [oldImage] = await imagesOf();
    newImage = oldImage.replace(/:.*$/, `:${NEXT}`);
    for (const file of ['simulator/package.json', 'package-lock.json']) {
      const text = checkout.read(file);
      const changed =
        file === 'package-lock.json'
          ? text.replace(/("simulator": \{[^}]*?"version": ")[^"]+/, `$1${NEXT}`)
          : text.replace(/("version": ")[^"]+/, `$1${NEXT}`);
      expect(changed).not.toBe(text);
      checkout.write(file, changed);
    }
    const images = checkout.read('src/images.ts');
    checkout.write('src/images.ts', images.replace(/(simulator: \{[^}]*tag: ')[^']+/, `$1${NEXT}`));
    const count = readdirSync(path.join(checkout.directory, 'sql/migrations')).length;
    // Expands a table that every tick writes to.
    checkout.write(
      `sql/migrations/${String(count + 1).padStart(4, '0')}_add_note.sql`,
      '-- compatible_from: 0.1.0\nalter table ingest.batches add column note text;\n',
    );
    await checkout.images('simulator');
    const tool = process.env.CLUSTER_TOOL;
    if (tool === undefined) throw new Error('CLUSTER_TOOL is not set: nodes need the new image');
    await command(tool, ['load', newImage], { timeoutSeconds: 300 });
    newRelease = await checkout.synth();
  }, SLOW);

  test(
    'to a new schema and image goes on when an old pod is killed in its middle',
    async () => {
      const balance = await load.during('upgrade, an old pod killed', async () => {
        await applyFile(newRelease);
        const victim = await eventually(
          'an old pod beside a new one that is ready',
          600,
          async () => {
            const now = await simulators();
            const isNew = ({ spec }: (typeof now)[number]): boolean => spec.containers[0].image === newImage;
            const ready = now.some((pod) => isNew(pod) && pod.status.containerStatuses?.[0]?.ready === true);
            return ready ? now.find((pod) => !isNew(pod))?.metadata.name : undefined;
          },
          0.5,
        );
        await kubectl(['delete', 'pod', victim, '--grace-period=0', '--force']);
        await untilSettled(900);
      });
      expect(await imagesOf()).toEqual([newImage]);
      const { failedRequests, refusedLogins } = balance;
      expect({ failedRequests, refusedLogins }).toEqual({ failedRequests: [], refusedLogins: [] });
      expect(await verify()).toMatchObject(EXACT);
    },
    SLOW,
  );

  test(
    'is rolled back by the earlier release, whose image works with the new schema',
    async () => {
      expectUnnoticed(
        await load.during('roll-back of the image', async () => {
          await applyFile(oldRelease);
          await untilSettled(900);
        }),
        LATEST_COMMIT_SECONDS,
      );
      expect(await imagesOf()).toEqual([oldImage]);
      expect(await verify()).toMatchObject(EXACT);
    },
    SLOW,
  );

  test(
    'goes forward again, no program is refused and no event is lost',
    async () => {
      expectUnnoticed(
        await load.during('forward again', async () => {
          await applyFile(newRelease);
          await untilSettled(900);
        }),
        LATEST_COMMIT_SECONDS,
      );
      expect(await imagesOf()).toEqual([newImage]);
      const refusals = load.logs.lines(WORKLOAD.simulator).filter(({ line }) => /too old|refused|lacks /.test(line));
      expect(refusals).toEqual([]);
      const restarts = (await simulators()).map(({ status }) => status.containerStatuses?.[0]?.restartCount);
      expect(restarts.filter((count) => count !== 0)).toEqual([]);
      expect(await verify()).toMatchObject(EXACT);
    },
    SLOW,
  );
});

test('no log of all this holds a secret', () => {
  const values = [...new Set(stores.flatMap(secretValues))];
  expect(values.length).toBeGreaterThan(50);
  const lines = load.logs.lines();
  record('secrets in logs', { lines: lines.length, values: values.length });
  expect(lines.length).toBeGreaterThan(1000);
  const told = lines.filter(({ line }) => values.some((value) => line.includes(value)));
  expect(told.map(({ file }) => file)).toEqual([]);
  expect(load.logs.problems).toEqual([]);
});
