// Renders the dashboards into a folder and again whenever a source changes. A source that does not render leaves what was there.
const { spawnSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const { watch } = require('./changes');

const SOURCES = '/app/dashboards';
const TARGET = '/rendered';
/** There once the first rendering is complete. */
const READY = '/tmp/ready';

// A process of its own: this one keeps no modules, and no memory for them.
const render = () =>
  spawnSync(process.execPath, ['-r', './local/register.js', 'compose/render-dashboards.ts', TARGET], {
    stdio: 'inherit',
  }).status === 0;

if (!render()) process.exit(1);
writeFileSync(READY, '');
watch(SOURCES, () => {
  if (!render()) console.error('the dashboards stay as they were');
});
for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => process.exit(0));
