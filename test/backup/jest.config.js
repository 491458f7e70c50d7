const base = require('../../jest.config.js');

/** Backups with real pgBackRest, in containers of the platform's own image. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/backup/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // Its servers run in containers.
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
  testTimeout: 180_000,
};
