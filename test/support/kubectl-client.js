#!/usr/bin/env node
// In place of kubectl: has the test that started it answer, over the socket that it names.
const { connect } = require('node:net');
const { text } = require('node:stream/consumers');

async function main() {
  const input = await text(process.stdin);
  const socket = connect(process.env.EDTECH_TEST_KUBECTL);
  socket.end(JSON.stringify({ args: process.argv.slice(2), input }));
  const { code, stdout, stderr } = JSON.parse(await text(socket));
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
}

void main();
