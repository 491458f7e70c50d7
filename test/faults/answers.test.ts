import { ask, type Questions } from '../cluster/faults/answers';

const WELL: Questions = {
  ledger: () => Promise.resolve({ acknowledged: ['rw@0 1'], missing: [], doubled: [], unacknowledged: [], stale: [] }),
  durability: () => Promise.resolve([]),
  verify: () => Promise.resolve({ compared: 100, lost: 0, extra: 0, changed: 0, exitCode: 0 }),
  lostSeconds: () => Promise.resolve(0),
  pages: () => Promise.resolve({ figures: { requests: 9, failed: 0 }, failed: [], silent: [] }),
  archive: () => Promise.resolve([]),
};
const fails = (): Promise<never> => Promise.reject(new Error('no end within 240 s'));
const MISSING: Pick<Questions, 'ledger'> = {
  ledger: () =>
    Promise.resolve({ acknowledged: ['rw@0 1'], missing: ['rw@0 1'], doubled: [], unacknowledged: [], stale: [] }),
};

it('nothing is broken when all is well', async () => {
  expect(await ask(WELL)).toMatchObject({ broken: [], lostSeconds: 0, pages: { requests: 9 } });
});

test.each(['durability', 'verify', 'lostSeconds', 'pages', 'archive'] as const)(
  'a row that is missing is told although %s gives no answer, and that is told too',
  async (question) => {
    const { ledger, broken } = await ask({ ...WELL, ...MISSING, [question]: fails });
    expect(ledger.missing).toEqual(['rw@0 1']);
    expect(broken).toEqual([
      'acknowledged and missing: rw@0 1',
      expect.stringMatching(/: no answer: no end within 240 s$/),
    ]);
  },
);

it('a question without an answer has no figure', async () => {
  const { verified, lostSeconds, allowed } = await ask({
    ...WELL,
    verify: fails,
    lostSeconds: fails,
    durability: fails,
  });
  expect({ verified, lostSeconds, allowed }).toEqual({
    verified: undefined,
    lostSeconds: undefined,
    allowed: undefined,
  });
});

it('what must hold and does not is told', async () => {
  const { broken } = await ask({
    ...WELL,
    durability: () => Promise.resolve(['reader by set off']),
    verify: () => Promise.resolve({ compared: 0, lost: 1, extra: 0, changed: 0, exitCode: 1 }),
    lostSeconds: () => Promise.resolve(3),
    pages: () =>
      Promise.resolve({
        figures: undefined,
        failed: [{ page: 'grafana', sentMs: 0, answeredMs: 50, failure: '503' }],
        silent: ['airflow gave no good answer after the fault'],
      }),
    archive: () => Promise.resolve(['000000010000000000000008 is missing']),
  });
  expect(broken).toEqual([
    'synchronous_commit may be lowered: reader by set off',
    'verify compared nothing',
    expect.stringContaining('"lost":1'),
    'the simulator lost 3 acknowledged seconds',
    'airflow gave no good answer after the fault',
    'grafana failed outside a gap at 1970-01-01T00:00:00.000Z: 503',
    'a hole in the archive: 000000010000000000000008 is missing',
  ]);
});

it('what an old primary acknowledged is told', async () => {
  const ledger = { acknowledged: [], missing: [], doubled: [], unacknowledged: [], stale: ['rw@0 3 on timeline 1'] };
  const { broken } = await ask({ ...WELL, ledger: () => Promise.resolve(ledger) });
  expect(broken).toEqual(['acknowledged by an old primary: rw@0 3 on timeline 1']);
});

it('without a comparison there are no answers', async () => {
  await expect(ask({ ...WELL, ledger: fails })).rejects.toThrow('no end within 240 s');
});
