const base = require('../../jest.config.js');

/** Rules and configuration as the programs themselves read them: kept apart, since it needs a container engine. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/prometheus/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
};
