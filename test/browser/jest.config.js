const base = require('../../jest.config.js');

/** The local page in a real browser: kept apart, since it needs Chromium. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
