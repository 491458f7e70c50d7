import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase } from '../../local/database';
import { openHome, type Home } from '../../local/home';
import { runningServer } from '../../local/postgres/server';

let folder: string;
let data: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-database-'));
  chmodSync(folder, 0o755);
  data = path.join(folder, 'postgres');
  said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  const server = runningServer(data);
  if (server) process.kill(server.pid, 'SIGQUIT');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A home whose pg_ctl does something else first. */
function withControl(script: string): Home {
  const home = openHome(folder);
  const programs = path.join(folder, 'bin');
  mkdirSync(programs);
  symlinkSync(path.join(home.programs, 'initdb'), path.join(programs, 'initdb'));
  const control = `#!/bin/sh\n${script}\nexec "${home.programs}/pg_ctl" "$@"\n`;
  writeFileSync(path.join(programs, 'pg_ctl'), control, { mode: 0o755 });
  return { ...home, programs };
}

describe('closing the database', () => {
  it('fails nothing where the server does not end in time, and says so', async () => {
    const home = withControl('[ "$1" = stop ] && { echo "server does not shut down" >&2; exit 1; }');
    await (await openDatabase(home)).close();
    expect(said).toBe('the database goes on: pg_ctl stop ended with 1: server does not shut down\n');
  }, 60_000);
});
