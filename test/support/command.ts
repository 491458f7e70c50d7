import { execFile } from 'node:child_process';

export interface CommandOptions {
  /** Written to its standard input. */
  readonly input?: string;
  /** @default 60 */
  readonly timeoutSeconds?: number;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit code. @throws Error when it cannot be started or takes too long */
export function outcome(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const { input = '', timeoutSeconds = 60 } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...args],
      { timeout: timeoutSeconds * 1000, maxBuffer: 256 << 20, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, stdout, stderr });
        if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr });
        const why = error.killed ? `no end within ${timeoutSeconds} s` : error.message;
        reject(new Error(`${shown(program, args)}: ${why}\n${stderr.trim().slice(-2000)}`));
      },
    );
    // A program that has ended without reading its input tells by its exit code what came of it.
    child.stdin?.on('error', (error: NodeJS.ErrnoException) => error.code === 'EPIPE' || reject(error));
    child.stdin?.end(input);
  });
}

const shown = (program: string, args: readonly string[]): string => `${program} ${args.join(' ').slice(0, 200)}`;

/** Runs a program to its end and returns its standard output. @throws Error with its standard error when it fails or takes too long */
export async function command(program: string, args: readonly string[], options?: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await outcome(program, args, options);
  if (code !== 0) throw new Error(`${shown(program, args)}: exit ${code}\n${stderr.trim().slice(-2000)}`);
  return stdout;
}
