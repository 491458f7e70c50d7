import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderDataModel } from './support/data-model';
import { World } from './support/world';

const FILE = path.resolve(__dirname, '../../docs/data-model.md');
const MARKER = '<!-- tables: made from the comments in the database by UPDATE_DOCS=1 npx jest test/sql/data-model -->';

describe('docs/data-model.md', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create();
  });
  afterAll(() => world.drop());

  it('lists every table, view and column as the database has it', async () => {
    const page = readFileSync(FILE, 'utf8');
    const [introduction] = page.split(MARKER);
    const expected = `${introduction}${MARKER}\n\n${await renderDataModel(world)}\n`;
    if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, expected);
    else expect(page).toBe(expected);
  });
});
