import { faultNamed } from '../cluster/faults/faults';
import type { Played } from '../cluster/faults/result';
import { playSeries, type Stand } from '../cluster/faults/series';
import { round } from './support/rounds';

const FAULTS = ['switchover', 'primary-node-killed', 'switchover'].map(faultNamed);

/** Plays the three with a cluster on which every node fault ends with an error. */
async function played(stand: Partial<Stand> = {}): Promise<{ all: Played[]; told: Played[] }> {
  const told: Played[] = [];
  const all = await playSeries(FAULTS, {
    mayPlay: () => Promise.resolve(),
    play: ({ name }) =>
      name === 'switchover'
        ? Promise.resolve(round(name))
        : Promise.reject(new Error('all members well: not within 240 s')),
    heals: () => Promise.resolve(true),
    played: (one) => void told.push(one),
    ...stand,
  });
  return { all, told };
}

const WELL = expect.objectContaining({ fault: 'switchover', gapSeconds: 3 }) as unknown;
const BROKEN_OFF = {
  fault: 'primary-node-killed',
  begunAt: expect.any(String) as unknown,
  brokenOff: 'all members well: not within 240 s',
};

test('a round that does not heal is told like any other, and the series goes on once the cluster is well', async () => {
  const { all, told } = await played();
  expect(all).toEqual([WELL, BROKEN_OFF, WELL]);
  expect(told).toEqual(all);
});

test('a cluster that does not heal afterwards either ends the series, with its last round told', async () => {
  const { told } = await played({ heals: () => Promise.resolve(false) });
  expect(told).toEqual([WELL, BROKEN_OFF]);
});

test('nothing is played on a cluster that may not be touched', async () => {
  const play = jest.fn();
  const mayPlay = (): Promise<void> => Promise.reject(new Error('kubectl reaches another cluster'));
  await expect(played({ play, mayPlay })).rejects.toThrow('another cluster');
  expect(play).not.toHaveBeenCalled();
});
