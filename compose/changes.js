const { readdirSync, statSync } = require('node:fs');
const path = require('node:path');
const { setInterval } = require('node:timers');

const INTERVAL_MS = 500;

/** What changes when a source changes: names, sizes and times of all TypeScript files below a folder. */
function signature(directory) {
  return readdirSync(directory, { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => {
      // A file may go between the two calls.
      const found = statSync(path.join(directory, file), { throwIfNoEntry: false });
      return found === undefined ? '' : `${file} ${found.size} ${found.mtimeMs}`;
    })
    .join('\n');
}

/**
 * Calls when sources have changed and are quiet again. Asks instead of listening: not every shared folder of a laptop reports changes.
 * @param {string} directory
 * @param {() => void} changed
 */
function watch(directory, changed) {
  let known = signature(directory);
  let last = known;
  setInterval(() => {
    const now = signature(directory);
    if (now === last && now !== known) {
      known = now;
      changed();
    }
    last = now;
  }, INTERVAL_MS);
}

module.exports = { watch };
