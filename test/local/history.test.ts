import { runScript } from '../../local/children';
import { createTestDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
beforeAll(async () => (database = await createTestDatabase()));
afterAll(() => database?.drop());

it('the load of the history prints its progress and nothing else, whatever it has to log', async () => {
  const lines: string[] = [];
  const env = {
    DATABASE_URL: database.url('simulator'),
    STREAM_STUDENTS: '40',
    STREAM_HISTORY_DAYS: '2',
    HTTP_PORT: 'off',
    LOG_LEVEL: 'info',
  };
  await runScript(['local/history.ts'], env, { onOutput: (line) => lines.push(line) });
  const steps = lines.map((line) => JSON.parse(line) as { share?: unknown; events?: unknown });
  expect(steps.at(-1)).toMatchObject({ share: 1 });
  for (const step of steps) expect([typeof step.share, typeof step.events]).toEqual(['number', 'number']);
}, 120_000);
