import path from 'node:path';
import { WORKLOAD } from '../../../src/names';
import { restore, destroyAllVolumes, missingSeconds, secondsOf } from '../restore/restoring';
import { untilDone } from '../support/job';
import { pods, sql, untilWhole } from '../support/members';
import { applyPlatform, difference, untilSettled, type Variant } from '../support/platform';
import { record } from '../support/record';
import { startBackup } from '../support/repository';
import { EXACT, verify } from '../support/simulator';
import { SuiteFolder } from '../support/suite-folder';

const MEMBERS = 3;
/** A segment is closed once a minute; the rest is its way to the repository. */
const MISSING_SECONDS = 75;

const folder = new SuiteFolder('restore-members');
let variant: Variant;

beforeAll(async () => {
  // The settings of the fault suite: it may go on with that one's platform.
  variant = await folder.render('production', path.join(__dirname, '../faults/settings.ts'));
  await applyPlatform(variant);
  await untilSettled(840);
});

afterAll(() => folder.remove());

test('three members on three nodes, all volumes destroyed: restored, followed by the others, verified, and nothing left to apply', async () => {
  const before = await untilWhole(MEMBERS, 180);
  const nodes = [before.primary, ...before.standbys].map(({ node }) => node);
  expect(new Set(nodes).size).toBe(MEMBERS);
  const backup = `restore-members-full-${Date.now()}`;
  await startBackup('full', backup);
  await untilDone(backup, 600);

  const [held] = await sql(before.primary.name, 'select count(*) from edtech.streaming_logs;');
  const lostAt = await destroyAllVolumes();
  const begun = Date.now();
  const { code, stdout } = await restore('--env', 'production', '--latest', '--yes');
  const seconds = Math.round((Date.now() - begun) / 1000);
  expect(code).toBe(0);
  const after = await untilWhole(MEMBERS, 180);
  expect(new Set([after.primary, ...after.standbys].map(({ node }) => node)).size).toBe(MEMBERS);
  const missing = await missingSeconds(after.primary.name, lostAt);
  const verified = await verify();
  await untilSettled(300);
  const restarted = (await pods(WORKLOAD.simulator)).length;
  record('all volumes of three members destroyed', {
    missingSeconds: missing,
    seconds,
    membersFollowSeconds: secondsOf(stdout, 'members follow'),
    ...verified,
  });
  expect(missing).toBeLessThanOrEqual(MISSING_SECONDS);
  expect(verified.compared).toBeGreaterThanOrEqual(Number(held));
  expect(verified).toMatchObject(EXACT);
  expect(restarted).toBeGreaterThanOrEqual(variant.config.simulator.minReplicas);
  expect(await difference(variant)).toBe('');
});
