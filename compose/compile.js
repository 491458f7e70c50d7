// Compiles a folder of TypeScript to CommonJS, file by file and without type checks: node compile.js SOURCES TARGET
const { mkdirSync, readdirSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { transformFileSync } = require('@swc/core');

const [sources, target] = process.argv.slice(2);
for (const file of readdirSync(sources, { recursive: true }).filter((name) => name.endsWith('.ts'))) {
  const { code } = transformFileSync(path.join(sources, file), {
    swcrc: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  });
  const place = path.join(target, file.replace(/\.ts$/, '.js'));
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, code);
}
