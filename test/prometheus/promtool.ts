import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Case, Situation } from '../rules/cases/types';

/** What a program in a container said, and whether it was content. */
export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs one program of an image on files that it gets in /work, without a network. */
export function runInImage(
  image: string,
  program: string,
  args: readonly string[],
  files: Readonly<Record<string, string>>,
): Outcome {
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-promtool-'));
  try {
    for (const [name, content] of Object.entries(files))
      writeFileSync(path.join(folder, name), content, { mode: 0o644 });
    execFileSync('chmod', ['755', folder]);
    const command = [
      'run',
      '--rm',
      '--network',
      'none',
      '--read-only',
      '--tmpfs',
      '/tmp',
      '--volume',
      `${folder}:/work:ro`,
      '--workdir',
      '/work',
    ];
    const output = execFileSync('docker', [...command, '--entrypoint', program, image, ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      maxBuffer: 1e8,
    });
    return { ok: true, output };
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string };
    return { ok: false, output: `${stdout}${stderr}` || message };
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
