import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from '@swc/core';
import { ROOT } from '../../src/root';

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/** Folders of modules that run in the browser too, and single modules that they import. */
const MODULE_FOLDERS = ['local/page/client', 'local/page/view'];
const MODULES = ['dashboards/lib/marks.ts', 'dashboards/lib/palette.ts', 'local/page/data/time-range.ts'];

/** Browsers ask for a module by the path that the import names, which has no extension. */
function moduleAssets(): [string, Asset][] {
  const inFolders = MODULE_FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  return [...inFolders, ...MODULES].map((file) => {
    const { code } = transformSync(readFileSync(path.join(ROOT, file), 'utf8'), {
      filename: file,
      swcrc: false,
      configFile: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    });
    return [
      `/assets/${file.replace(/\.ts$/, '')}`,
      { type: 'text/javascript; charset=utf-8', body: Buffer.from(code) },
    ];
  });
}

/** Every file that the page may ask for, in memory: no path of a request ever reaches the file system. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const read = (file: string): Buffer => readFileSync(path.join(ROOT, file));
  return new Map<string, Asset>([
    ...moduleAssets(),
    ['/assets/page.css', { type: 'text/css; charset=utf-8', body: read('local/page/styles/page.css') }],
    ['/assets/figures.css', { type: 'text/css; charset=utf-8', body: read('local/page/styles/figures.css') }],
    ['/assets/icon.svg', { type: 'image/svg+xml', body: read('local/page/styles/icon.svg') }],
    [
      '/assets/echarts.js',
      {
        type: 'text/javascript; charset=utf-8',
        body: readFileSync(path.join(path.dirname(require.resolve('echarts/package.json')), 'dist/echarts.min.js')),
      },
    ],
  ]);
}
