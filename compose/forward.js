// Forwards a TCP port: node forward.js PORT HOST HOST_PORT
const net = require('node:net');

const [port, host, hostPort] = process.argv.slice(2);
const server = net.createServer((client) => {
  const target = net.connect(Number(hostPort), host);
  for (const [one, other] of [
    [client, target],
    [target, client],
  ]) {
    one.pipe(other);
    one.on('error', () => other.destroy());
  }
});
server.listen(Number(port), '0.0.0.0');
for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => process.exit(0));
