import { hashInt8Extended } from '../../simulator/src/events/row-hash';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { randomWords } from './support/random-words';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const MIN = -(2n ** 63n);
const EDGES = [
  0n,
  1n,
  -1n,
  2n,
  -2n,
  2n ** 31n - 1n,
  2n ** 31n,
  -(2n ** 31n),
  -(2n ** 31n) - 1n,
  2n ** 32n - 1n,
  2n ** 32n,
];
EDGES.push(-(2n ** 32n), 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, MIN, MIN + 1n, 1_790_000_000_123n);

async function serverHashes(pairs: readonly (readonly [bigint, bigint])[]): Promise<bigint[]> {
  const client = await database.connect('simulator');
  const { rows } = await client.query<{ hash: string }>(
    'select hashint8extended(v, s)::text as hash from unnest($1::bigint[], $2::bigint[]) with ordinality as t(v, s, n) order by n',
    [pairs.map(([value]) => value.toString()), pairs.map(([, seed]) => seed.toString())],
  );
  return rows.map(({ hash }) => BigInt(hash));
}

it('hashes every pair of edge values like the server', async () => {
  const pairs = EDGES.flatMap((value) => EDGES.map((seed) => [value, seed] as const));
  expect(pairs.map(([value, seed]) => hashInt8Extended(value, seed))).toEqual(await serverHashes(pairs));
});

it('hashes 20,000 random pairs like the server', async () => {
  const word = randomWords(7);
  const random64 = () => BigInt.asIntN(64, (BigInt(word()) << 32n) | BigInt(word()));
  const pairs = Array.from({ length: 20_000 }, () => [random64(), random64()] as const);
  expect(pairs.map(([value, seed]) => hashInt8Extended(value, seed))).toEqual(await serverHashes(pairs));
});
