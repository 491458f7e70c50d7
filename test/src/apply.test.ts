import { isPassing } from '../../src/cluster/passing';

const QUOTA = 'Error from server (InternalError): Internal error occurred: resource quota evaluation timed out';
const AWAY =
  'Unable to connect to the server: net/http: TLS handshake timeout\nError from server (Timeout): the server was unable to return a response in the time allotted';
const REFUSED =
  'Error from server (Invalid): Secret "edtech-ca-r1" is invalid: data: Forbidden: field is immutable when `immutable` is set';

test('what an overloaded API server says is worth another try', () => {
  expect(isPassing(QUOTA)).toBe(true);
  expect(isPassing(AWAY)).toBe(true);
  expect(isPassing('The connection to the server 10.0.0.1:6443 was refused - did you specify the right host?')).toBe(
    true,
  );
});

test.each(['i/o timeout', 'connect: no route to host'])(
  'so is %s, while the address of the API server moves',
  (said) => {
    expect(isPassing(`Unable to connect to the server: dial tcp 10.0.0.1:6443: ${said}`)).toBe(true);
  },
);

test('what is refused is not, alone or among others', () => {
  expect(isPassing(REFUSED)).toBe(false);
  expect(isPassing(`${QUOTA}\n${REFUSED}`)).toBe(false);
  expect(isPassing('error: no objects passed to apply')).toBe(false);
  expect(isPassing('')).toBe(false);
});
