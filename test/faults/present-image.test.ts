import { LOOP_SECONDS } from '../../src/constructs/postgres-settings';
import { IMAGE } from '../../src/images';
import { imageOfMembers } from '../cluster/faults/context';
import { readOptions } from '../cluster/faults/options';
import { alikeInFailover, isPresent } from '../cluster/faults/present-image';
import { programme } from '../cluster/faults/programme';
import { CONDITIONS, round } from './support/rounds';

const OWN = IMAGE.postgres.repository;
const because = 'a program beside it differs';
const CHAIN = { '17-3': { tag: '17-2', because, except: ['frozen'] }, '17-2': { tag: '17-1', because } };

describe('rounds with an earlier image', () => {
  it('count along the chain of tags that are alike', () => {
    expect(alikeInFailover('17-3', 'killed', CHAIN)).toEqual(['17-3', '17-2', '17-1']);
    expect(isPresent(`${OWN}:17-1`, 'killed', '17-3', CHAIN)).toBe(true);
    expect(isPresent(`mirror.example:5000/${OWN}:17-1`, 'killed', '17-3', CHAIN)).toBe(true);
  });

  it('do not count for a tag that nothing is said of, nor later ones for an earlier', () => {
    expect(isPresent(`${OWN}:17-3`, 'killed', '17-4', CHAIN)).toBe(false);
    expect(isPresent(`${OWN}:17-3`, 'killed', '17-2', CHAIN)).toBe(false);
  });

  it('do not count when they are of another repository, or have no tag', () => {
    expect(isPresent('edtech-stream/other:17-3', 'killed', '17-3', CHAIN)).toBe(false);
    expect(isPresent(`not-${OWN}:17-3`, 'killed', '17-3', CHAIN)).toBe(false);
    expect(isPresent(OWN, 'killed', '17-3', CHAIN)).toBe(false);
  });

  it('do not count for a fault that the difference is about', () => {
    expect(alikeInFailover('17-3', 'frozen', CHAIN)).toEqual(['17-3']);
    expect(isPresent(`${OWN}:17-2`, 'frozen', '17-3', CHAIN)).toBe(false);
    expect(isPresent(`${OWN}:17-1`, 'frozen', '17-2', CHAIN)).toBe(true);
  });

  it('are the rounds of 17.12-14 for 17.12-15', () => {
    expect(alikeInFailover('17.12-15', 'switchover')).toEqual(['17.12-15', '17.12-14']);
  });
});

describe('what is missing', () => {
  const missing = (...tags: string[]): number =>
    programme(readOptions(['--missing', '--only', 'nodes-drained']), () =>
      tags.map((tag) => ({
        ...round('nodes-drained'),
        ...CONDITIONS,
        image: `${OWN}:${tag}`,
        loopSeconds: LOOP_SECONDS,
      })),
    ).length;

  it('are the rounds of a full run without those with the present image', () => {
    expect(missing()).toBe(5);
    expect(missing(IMAGE.postgres.tag, IMAGE.postgres.tag, '17.12-1')).toBe(3);
  });

  it('is also a round that came to no figures', () => {
    const brokenOff = {
      ...{ fault: 'nodes-drained', begunAt: '2026-03-01T00:00:00.000Z', brokenOff: 'it did not heal' },
      ...{ ...CONDITIONS, image: `${OWN}:${IMAGE.postgres.tag}`, loopSeconds: LOOP_SECONDS },
    };
    expect(programme(readOptions(['--missing', '--only', 'nodes-drained']), () => [brokenOff])).toHaveLength(5);
  });

  it('is also a round whose fault could not be done as meant', () => {
    const failed = {
      ...round('nodes-drained', { problem: 'drain: exit 1', broken: ['the fault could not be done as meant'] }),
      ...{ ...CONDITIONS, image: `${OWN}:${IMAGE.postgres.tag}`, loopSeconds: LOOP_SECONDS },
    };
    expect(programme(readOptions(['--missing', '--only', 'nodes-drained']), () => [failed])).toHaveLength(5);
  });
});

describe('the image that is written down', () => {
  const pod = (name: string, image: string, container = 'postgres') => ({
    metadata: { name },
    spec: { containers: [{ name: container, image }] },
  });

  it('is that of the running members', () => {
    expect(imageOfMembers([pod('m-0', 'x:1'), pod('m-1', 'x:1')])).toBe('x:1');
  });

  it('is none while they run different ones', () => {
    expect(() => imageOfMembers([pod('m-0', 'x:1'), pod('m-1', 'x:2')])).toThrow(
      'the members must run one image, they run m-0 x:1, m-1 x:2',
    );
    expect(() => imageOfMembers([])).toThrow('they run none');
    expect(() => imageOfMembers([pod('m-0', 'x:1', 'other')])).toThrow('m-0 has no container postgres');
  });
});
