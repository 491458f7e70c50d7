import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WORKLOAD } from '../../../src/names';
import { kubectl } from '../support/cluster';
import { eventually, sleep } from '../../support/eventually';
import { readyPods, untilWhole } from '../support/members';
import { beginNewStream, scaleSimulator } from '../support/new-stream';
import {
  applyPlatform,
  difference,
  removePlatform,
  renderVariant,
  untilSettled,
  type Variant,
} from '../support/platform';
import { record } from '../support/record';
import { fairlyShared, ownership } from '../support/shards';
import { EXACT, verify } from '../support/simulator';

const MEMBERS = 3;
const LEAST = 2;
const work = mkdtempSync(path.join(tmpdir(), 'edtech-autoscaling-'));
let few: Variant;
let many: Variant;

beforeAll(async () => {
  const variant = (name: string): Promise<Variant> =>
    renderVariant('production', path.join(__dirname, `${name}.ts`), path.join(work, name), path.join(work, 'secrets'));
  few = await variant('few');
  many = await variant('many');
});

afterAll(async () => {
  await removePlatform();
  rmSync(work, { recursive: true, force: true });
});

const replicas = async (): Promise<number> =>
  Number(await kubectl(['get', 'deployment', WORKLOAD.simulator, '--output=jsonpath={.spec.replicas}']));

const seen = (): Promise<string> => kubectl(['get', 'hpa', WORKLOAD.simulator, '--no-headers']);

/** Waits until the autoscaler has set a number that is wanted, all replicas of it run and share all shards. */
async function untilScaled(what: string, seconds: number, wanted: (count: number) => boolean): Promise<number> {
  return eventually(
    what,
    seconds,
    async () => {
      const count = await replicas();
      const { primary } = await untilWhole(MEMBERS, 60);
      const held = await ownership(primary.name);
      const ready = await readyPods(WORKLOAD.simulator);
      if (wanted(count) && ready.length === count && fairlyShared(held, count)) return count;
      throw new Error(`${count} replicas, ${ready.length} ready, shards ${held.shares.join(' ')}; ${await seen()}`);
    },
    5,
  );
}

async function proven(check: string, figures: Readonly<Record<string, number>>): Promise<void> {
  const load = (await seen()).split(/\s+/).slice(2, 4).join(' ');
  // In a replica's pod: from here on the autoscaler sees its load as well.
  const verified = await verify(600);
  record(check, { ...figures, load, ...verified });
  expect(verified.compared).toBeGreaterThan(0);
  expect(verified).toMatchObject(EXACT);
}

test('few students: two replicas are enough', async () => {
  await applyPlatform(few);
  await untilSettled(840);
  await eventually('a figure', 120, async () => !(await seen()).includes('<unknown>'));
  // Many programs that start at once look like load. Five quiet minutes later there would be two again, as the last test shows.
  await scaleSimulator(LEAST);
  await untilScaled('two replicas', 120, (count) => count === LEAST);
  await sleep(60);
  expect(await replicas()).toBe(LEAST);
  await proven('few students', { students: few.config.simulator.students, replicas: LEAST });
});

test('with more students it goes from 2 to 4 or more by itself', async () => {
  await beginNewStream(many, MEMBERS, LEAST);
  const begun = Date.now();
  const count = await untilScaled('4 or more replicas', 600, (now) => now >= 4);
  const seconds = Math.round((Date.now() - begun) / 1000);
  await proven('many students', { students: many.config.simulator.students, replicas: count, seconds });
  // Applying again leaves the autoscaler's number alone.
  const before = await replicas();
  await applyPlatform(many);
  expect(await replicas()).toBeGreaterThanOrEqual(before);
  expect(await difference(many)).toBe('');
});

test('with few students again it goes back to 2 by itself', async () => {
  await beginNewStream(few, MEMBERS, 4);
  const begun = Date.now();
  await untilScaled('2 replicas', 900, (now) => now === LEAST);
  const seconds = Math.round((Date.now() - begun) / 1000);
  await proven('few students again', { students: few.config.simulator.students, replicas: LEAST, seconds });
}, 1_800_000);
