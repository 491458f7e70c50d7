const base = require('../../jest.config.js');

/** The platform on the cluster of the current kubectl context: kept apart, since it needs one. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/cluster/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // No database of its own.
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
  testTimeout: 900_000,
};
