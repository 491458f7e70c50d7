const base = require('../../jest.config.js');

/** What Grafana reads, given to its image: kept apart, since it needs a container engine. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/grafana/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
};
