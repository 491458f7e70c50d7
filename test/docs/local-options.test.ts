import { NUMBERS, USAGE } from '../../local/options';
import { rowsOf } from './table-rows';

const ROWS = rowsOf('README.md', 'Local run');

test('every option of npm start is in the README', () => {
  const told = [...USAGE.matchAll(/^ {2}(--\w+)/gm)].map(([, option]) => option);
  const documented = ROWS.map(([option]) => /--\w+/.exec(option)?.[0]);
  // The row of --fresh tells of --yes.
  expect(documented).toEqual(told.filter((option) => !['--yes', '--help'].includes(option)));
});

test.each(Object.entries(NUMBERS))(
  'the README tells what --%s is and its default',
  (name, { what, default: value }) => {
    expect(ROWS).toContainEqual([`\`--${name} N\``, what, `${value}`]);
  },
);
