// The simulator from its sources: compiles them, runs the command that it is given, and starts it again when one changes.
// Ends as the simulator ends. Sources that do not compile leave what runs.
const { spawn, spawnSync } = require('node:child_process');
const { watch } = require('./changes');

const SOURCES = '/app/simulator/src';
const TARGET = '/app/simulator/dist';

// A process of its own: the compiler needs as much memory as the simulator.
const compile = () =>
  spawnSync(process.execPath, ['compose/compile.js', SOURCES, TARGET], { stdio: 'inherit' }).status === 0;

let child;
let replacing = false;

function start() {
  child = spawn(process.execPath, [`${TARGET}/main.js`, ...process.argv.slice(2)], { stdio: 'inherit' });
  child.once('exit', (code, signal) => {
    if (!replacing) process.exit(code ?? (signal === 'SIGTERM' ? 143 : 137));
    replacing = false;
    start();
  });
}

if (!compile()) process.exit(1);
start();
watch(SOURCES, () => {
  if (!compile()) return console.error('the simulator goes on as it was');
  console.log('sources changed: the simulator starts again');
  replacing = true;
  child.kill('SIGTERM');
});
for (const name of ['SIGTERM', 'SIGINT']) {
  process.on(name, () => {
    replacing = false;
    child.kill(name);
  });
}
