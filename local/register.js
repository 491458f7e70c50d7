// Runs TypeScript sources directly: transpile only (types are checked by `npm run typecheck`), so a start costs no type check.
require('ts-node').register({ transpileOnly: true, swc: true });
