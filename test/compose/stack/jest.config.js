const base = require('../../../jest.config.js');

/** The whole stack on a container engine: kept apart, since it needs one. */
module.exports = {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/compose/stack/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // No database of its own.
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
  bail: true,
  testTimeout: 1_800_000,
};
