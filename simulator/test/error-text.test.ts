import { connect } from 'node:net';
import { errorText } from '../src/error-text';

describe('what an error says', () => {
  it('is its message', () => {
    expect(errorText(new Error('no room'))).toBe('no room');
    expect(errorText('no error at all')).toBe('no error at all');
  });

  it('is what each address answered where a host has several', async () => {
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
    const socket = connect({ host: 'several', port: 1, lookup: (_host, _options, found) => found(null, addresses) });
    const error = await new Promise((resolve) => socket.on('error', resolve));
    expect(errorText(error)).toBe('connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED 127.0.0.2:1');
  });
});
