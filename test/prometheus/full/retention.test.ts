import { parse, stringify } from 'yaml';
import { PORT, WORKLOAD } from '../../../src/names';
import { eventually } from '../../support/eventually';
import { platformObjects } from '../../policy/support/objects';
import { renderedContainer } from '../rendered';
import { RenderedContainers } from '../rendered-containers';

const DATA = '/loki';
const DAY_MS = 86_400_000;
const containers = new RenderedContainers();
afterAll(() => containers.close());

/** The rendered Loki with the shortest retention that it knows, one day, and a compactor that does not wait. */
function shortLoki(): ReturnType<typeof renderedContainer> {
  const loki = renderedContainer(platformObjects('development'), WORKLOAD.loki);
  const file = '/etc/edtech/config/loki.yaml';
  const config = parse(loki.files[file]) as { compactor: object; limits_config: object };
  Object.assign(config.compactor, { compaction_interval: '2s', retention_delete_delay: '1s' });
  Object.assign(config.limits_config, { retention_period: '24h', reject_old_samples: false });
  return {
    ...loki,
    files: { ...loki.files, [file]: stringify(config) },
    // Of a volume, which outlives a restart.
    writable: loki.writable.filter((folder) => folder !== DATA),
  };
}

async function write(url: string, line: string, atMs: number): Promise<void> {
  const body = JSON.stringify({ streams: [{ stream: { app: line }, values: [[`${atMs}000000`, line]] }] });
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${url}/loki/api/v1/push`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}

test('entries that are older than the retention are gone from the disk, younger ones are not, although nobody may delete any', async () => {
  const volume = containers.volume();
  const loki = shortLoki();
  const start = async (): Promise<string> => {
    const id = containers.start('loki', loki, PORT.loki, ['--volume', `${volume}:${DATA}`]);
    await containers.untilReady(id, PORT.loki, '/ready', 90);
    return id;
  };
  const first = await start();
  let url = containers.url(first, PORT.loki);
  await write(url, 'old', Date.now() - 3 * DAY_MS);
  await write(url, 'young', Date.now() - 600_000);
  await fetch(`${url}/flush`, { method: 'POST' });
  const chunks = (): number => containers.filesIn(volume, 'chunks/fake');
  await eventually('two chunks', 30, () => chunks() === 2);
  const deletion = new URLSearchParams({ query: '{app="young"}', start: '0' });
  expect((await fetch(`${url}/loki/api/v1/delete?${deletion}`, { method: 'POST' })).status).toBe(403);

  // The index is handed to the compactor at the next start, and every quarter of an hour.
  containers.stop(first);
  url = containers.url(await start(), PORT.loki);
  await eventually('one chunk left', 180, () => chunks() === 1);
  const query = new URLSearchParams({ query: '{app=~".+"}', start: `${Date.now() - 5 * DAY_MS}000000` });
  // The connection of minutes ago is closed; asking again opens another.
  const answer = await eventually('lines', 30, async () => {
    const said = await fetch(`${url}/loki/api/v1/query_range?${query}`);
    return (await said.json()) as { data: { result: { values: [string, string][] }[] } };
  });
  expect(answer.data.result.flatMap(({ values }) => values.map(([, line]) => line))).toEqual(['young']);
}, 420_000);
