const base = require('../../jest.config.js');

const suite = process.env.EDTECH_CLUSTER_SUITE ?? 'production';

/** The platform on the cluster of the current kubectl context: one suite at a time, since each installs it anew. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: [`<rootDir>/test/cluster/${suite}/**/*.test.ts`],
  testPathIgnorePatterns: ['/node_modules/'],
  // No database of its own.
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
  testTimeout: 900_000,
};
