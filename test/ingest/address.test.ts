import { addressOf } from '../../simulator/src/database/address';

const answers =
  (...addresses: string[]) =>
  (): Promise<readonly string[]> =>
    Promise.resolve(addresses);
const fails = (): Promise<readonly string[]> => Promise.reject(new Error('getaddrinfo EAI_AGAIN'));
const isSilent = (): Promise<readonly string[]> => new Promise(() => undefined);

test('an address is no name', async () => {
  expect(await addressOf('192.0.2.1', fails)).toBe('192.0.2.1');
});

test('a name that was found serves while nobody answers for it, and follows a new answer', async () => {
  expect(await addressOf('service-a', answers('192.0.2.1'))).toBe('192.0.2.1');
  expect(await addressOf('service-a', fails)).toBe('192.0.2.1');
  expect(await addressOf('service-a', isSilent)).toBe('192.0.2.1');
  expect(await addressOf('service-a', answers('192.0.2.2'))).toBe('192.0.2.2');
  expect(await addressOf('service-a', isSilent)).toBe('192.0.2.2');
});

test('an answer that comes late counts for the next connection', async () => {
  let answer: (addresses: readonly string[]) => void = () => undefined;
  const late = (): Promise<readonly string[]> => new Promise((resolve) => (answer = resolve));
  await addressOf('service-d', answers('192.0.2.1'));
  expect(await addressOf('service-d', late)).toBe('192.0.2.1');
  answer(['192.0.2.2']);
  await Promise.resolve();
  expect(await addressOf('service-d', isSilent)).toBe('192.0.2.2');
});

test('a name that was never found is refused with what the resolver says', async () => {
  await expect(addressOf('service-b', fails)).rejects.toThrow('EAI_AGAIN');
});

test('which of several addresses is right is left to the connection, and none is remembered', async () => {
  expect(await addressOf('service-c', answers('192.0.2.1', '192.0.2.2'))).toBe('service-c');
  await expect(addressOf('service-c', fails)).rejects.toThrow('EAI_AGAIN');
});

test('the system answers for localhost', async () => {
  expect(['localhost', '127.0.0.1', '::1']).toContain(await addressOf('localhost'));
});
