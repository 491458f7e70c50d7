import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Case, Situation } from '../rules/cases/types';
import { runProgram, writeFolder, type Outcome } from '../support/containers';

/** Runs one program of an image on files that it gets in /work, without a network. */
export function runInImage(
  image: string,
  program: string,
  args: readonly string[],
  files: Readonly<Record<string, string>>,
): Outcome {
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-promtool-'));
  try {
    writeFolder(folder, files);
    const work = ['--volume', `${folder}:/work:ro`, '--workdir', '/work'];
    return runProgram(image, program, args, ['--tmpfs', '/tmp', ...work]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A test file for `promtool test rules`: each alert once in a situation where it must fire and once where it must not. */
export function promtoolTests(ruleFile: string, cases: Readonly<Record<string, Case>>): string {
  const test = (alert: string, kind: 'fires' | 'silent', { series, at }: Situation): object => ({
    name: `${alert} ${kind}`,
    interval: '15s',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `max(ALERTS{alertname="${alert}", alertstate="firing"}) or vector(0)`,
        eval_time: at,
        exp_samples: [{ labels: '{}', value: kind === 'fires' ? 1 : 0 }],
      },
    ],
  });
  return stringify({
    rule_files: [ruleFile],
    evaluation_interval: '15s',
    tests: Object.entries(cases).flatMap(([alert, { fires, alsoFires = [], silent, alsoSilent = [] }]) => [
      ...[fires, alsoFires].flat().map((situation) => test(alert, 'fires', situation)),
      ...['never' in silent ? [] : silent, alsoSilent].flat().map((situation) => test(alert, 'silent', situation)),
    ]),
  });
}
