import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from 'pg';
import { HISTORY_LOADED, waitingScript } from '../../charts/wait-for';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the condition of live replicas', () => {
  let database: TestDatabase;
  let admin: Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = await database.connect('superuser');
  });
  afterAll(() => database.drop());

  async function loaded(): Promise<boolean | null> {
    const client = await database.connect('simulator');
    const { rows } = await client.query<Record<string, boolean | null>>(HISTORY_LOADED);
    return Object.values(rows[0])[0];
  }

  it('is unknown before anything has begun, false while a backfill is unfinished, and true afterwards', async () => {
    await admin.query(`update ingest.shards set watermark = '2026-01-01Z'`);
    expect(await loaded()).toBeNull();
    await admin.query(
      `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, events)
       values ('job', 'backfill', -1, '2026-01-01Z', '2026-01-15Z', 0)`,
    );
    expect(await loaded()).toBe(false);
    await admin.query(`update ingest.shards set watermark = '2026-01-15Z'`);
    expect(await loaded()).toBe(true);
  });
});

describe('waiting', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'edtech-wait-for-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs the script with a psql that answers this. @returns whether it has ended within 5 s */
  function ends(answer: string, patienceSeconds?: number): boolean {
    const psql = path.join(folder, 'psql');
    writeFileSync(psql, `#!/bin/sh\n${answer}\n`);
    chmodSync(psql, 0o755);
    const { status, signal } = spawnSync('bash', ['-c', waitingScript(patienceSeconds)], {
      env: { PATH: `${folder}:${process.env.PATH}`, CONDITION: 'select' },
      timeout: 5000,
    });
    expect([status, signal]).toEqual(signal === null ? [0, null] : [null, 'SIGTERM']);
    return signal === null;
  }

  it.each([
    ['true', 'echo t', undefined, true],
    ['false', 'echo f', undefined, false],
    ['no answer', 'exit 2', undefined, false],
    ['null, patience at its end', 'echo', 1, true],
    ['no answer, patience at its end', 'exit 2', 1, true],
    ['false, patience at its end', 'echo f', 1, false],
    ['null, patience left', 'echo', 60, false],
  ])('%s', (_, answer, patience, expected) => {
    expect(ends(answer, patience)).toBe(expected);
  });
});
