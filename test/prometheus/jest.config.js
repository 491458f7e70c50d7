const base = require('../../jest.config.js');

/** Rules and configuration as the programs themselves read them: kept apart, since it needs a container engine. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/prometheus/**/*.test.ts'],
  // What takes minutes: only with `bash .ci/rules.sh --full`.
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.EDTECH_FULL === 'true' ? [] : ['/prometheus/full/'])],
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
};
