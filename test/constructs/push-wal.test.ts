import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { archiveCommand } from '../../src/constructs/pgbackrest-settings';
import { ROOT } from '../../src/root';

const SCRIPT = path.join(ROOT, 'images/postgres/push-wal.sh');
const FIRST = 'pg_wal/000000010000000000000001';
const SECOND = 'pg_wal/000000010000000000000002';

let folder: string;
let asked: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-push-wal-'));
  asked = path.join(folder, 'asked');
  writeFileSync(asked, '');
  writeFileSync(path.join(folder, 'pgbackrest'), PGBACKREST);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Stands for pgBackRest: what it is asked to list is a folder, what it is asked to push has an exit code. */
const PGBACKREST = `case $1 in
  --stanza=books) shift ;;
esac
case $1 in
  repo-ls) ls "$HELD/$2" ;;
  archive-push) echo "$2" >> "$ASKED"; exit "$CODE" ;;
esac`;

/** Pushes a segment to a repository that answers with this exit code, and holds what the folder `held` has. */
function push(segment: string, code: number): number | null {
  const command = ['sh', path.join(folder, 'pgbackrest'), '--stanza=books', 'archive-push', segment];
  const env = { ...process.env, TMPDIR: folder, ASKED: asked, CODE: `${code}`, HELD: path.join(folder, 'held') };
  return spawnSync('bash', [SCRIPT, ...command], { env }).status;
}
const tries = (): string[] => readFileSync(asked, 'utf8').split('\n').slice(0, -1);
const later = (seconds: number): void => {
  const then = Date.now() / 1000 - seconds;
  utimesSync(path.join(folder, 'edtech-push-refused'), then, then);
};

test('a segment is pushed, and what the command says of it is handed on', () => {
  expect([push(FIRST, 0), push(SECOND, 0), push(FIRST, 82)]).toEqual([0, 0, 82]);
  expect(tries()).toEqual([FIRST, SECOND, FIRST]);
});

test('once a segment was refused the others are for 20 s, without being tried', () => {
  expect([push(FIRST, 82), push(SECOND, 0), push(SECOND, 0)]).toEqual([82, 1, 1]);
  expect(tries()).toEqual([FIRST]);
  later(15);
  expect(push(SECOND, 0)).toBe(1);
  later(21);
  expect(push(SECOND, 0)).toBe(0);
});

test('the same segment is tried again at once, by whatever path, and the others with it when it is stored', () => {
  expect([push(FIRST, 82), push(FIRST, 82), push(`/pgdata/${FIRST}`, 0), push(SECOND, 0)]).toEqual([82, 82, 0, 0]);
});

describe('what a server counts as archived', () => {
  const EARLIER = ['00000001000000000000000E', '0000000A0000000100000000', '0000000A00000001000000FF'];
  const OTHERS = [
    // In these two the timelines ended.
    '00000001000000000000000F',
    '0000000A0000000200000000',
    // Not on the way of timeline 11.
    '000000020000000000000001',
    '0000000B0000000200000000',
    '00000001000000000000000E.00000028.backup',
    '0000000B.history',
  ];
  const inWal = (name: string): string => path.join(folder, 'pg_wal', name);
  const marked = (kind: string): string[] =>
    readdirSync(inWal('archive_status'))
      .filter((name) => name.endsWith(`.${kind}`))
      .map((name) => path.basename(name, `.${kind}`));

  beforeEach(() => {
    mkdirSync(inWal('archive_status'), { recursive: true });
    for (const name of [...EARLIER, ...OTHERS, '0000000A.history']) {
      writeFileSync(inWal(name), '');
      writeFileSync(inWal(`archive_status/${name}.done`), '');
    }
    // Of a segment that is no longer there.
    writeFileSync(inWal('archive_status/000000010000000000000001.done'), '');
    writeFileSync(
      inWal('0000000B.history'),
      '1\t0/F010B38\tno recovery target specified\n\n10\t2/0\tno recovery target specified\n',
    );
  });

  test.each([0, 82])(
    'is archived again with the history of its own timeline, as far as it is on its way (exit code %d)',
    (code) => {
      expect(push(inWal('0000000B.history'), code)).toBe(code);
      expect(marked('ready')).toEqual([EARLIER[0], '0000000A.history', ...EARLIER.slice(1)]);
      expect(marked('done')).toHaveLength(OTHERS.length + 1);
    },
  );

  test('stays so if the repository has it', () => {
    const held = path.join(folder, 'held/archive/books');
    mkdirSync(path.join(held, '17-2/0000000A00000001'), { recursive: true });
    mkdirSync(path.join(held, '16-1/0000000100000000'), { recursive: true });
    writeFileSync(path.join(held, '17-2/0000000A.history'), '');
    writeFileSync(path.join(held, '17-2/0000000A00000001', `${EARLIER[2]}-${'0'.repeat(40)}.zst`), '');
    // Of another server, before an upgrade.
    writeFileSync(path.join(held, '16-1/0000000100000000', `${EARLIER[0]}-${'0'.repeat(40)}.zst`), '');
    push(inWal('0000000B.history'), 0);
    expect(marked('ready')).toEqual(EARLIER.slice(0, 2));
  });

  test('stays so with everything else that is pushed', () => {
    push(inWal('0000000B0000000200000001'), 0);
    push(inWal('0000000A0000000200000000.partial'), 0);
    push(inWal('0000000A.history'), 0);
    expect(marked('ready')).toEqual([]);
  });
});

test('a member whose image has no wrapper yet pushes all the same', () => {
  // A shell function stands for pgBackRest.
  const script = `pgbackrest() { echo "$*"; }; ${archiveCommand('books').replace('%p', FIRST)}`;
  const { stdout } = spawnSync('sh', ['-c', script], { env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8' });
  expect(stdout).toBe(`--stanza=books archive-push ${FIRST}\n`);
});
