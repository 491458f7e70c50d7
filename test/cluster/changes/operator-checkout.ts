import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../../src/root';
import type { SecretStore } from '../../../src/secrets/store';
import { copyCheckout } from '../../support/checkout';

const ENVIRONMENT = 'production';

/**
 * A copy of the project, as an operator has one: rotations write revisions into it, an upgrade changes its files. Commands run in it as
 * people run them.
 */
export class OperatorCheckout {
  readonly rendered: string;
  private readonly secrets: string;
  private readonly settings: string;

  /** @param directory made by this; @param settingsFile settings of the test's site */
  constructor(
    readonly directory: string,
    settingsFile: string,
  ) {
    copyCheckout(directory);
    this.settings = path.join(directory, path.relative(ROOT, settingsFile));
    this.secrets = path.join(directory, '.secrets');
    this.rendered = path.join(directory, 'rendered', ENVIRONMENT);
  }

  private readonly site = (): string[] => [
    ...['--env', ENVIRONMENT],
    ...['--set', this.settings],
    ...['--out', path.join(this.directory, 'rendered')],
  ];

  /** `npm run synth`. @returns the rendered directory */
  async synth(): Promise<string> {
    await this.run('src/main.ts', [...this.site(), '--secrets', this.secrets]);
    return this.rendered;
  }

  /** `npm run secrets -- rotate … --apply`, or `renew`. */
  async roll(...words: string[]): Promise<string> {
    return (await this.run('src/secrets/main.ts', this.rollArguments(words))).said;
  }

  /** The same, but the command is killed as soon as it has printed a word. @returns whether it was before it had ended */
  async rollKilled(killAt: string, ...words: string[]): Promise<boolean> {
    return (await this.run('src/secrets/main.ts', this.rollArguments(words), killAt)).killed;
  }

  private rollArguments = (words: readonly string[]): string[] => [
    ...words,
    '--apply',
    ...this.site(),
    ...['--directory', this.secrets],
  ];

  /** `npm run images`. */
  async images(...args: string[]): Promise<void> {
    await this.run('images/build.ts', args);
  }

  private run(program: string, args: readonly string[], killAt?: string): Promise<{ said: string; killed: boolean }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['-r', './local/register.js', program, ...args], {
        cwd: this.directory,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      let complained = '';
      child.stdout.on('data', (part: Buffer) => {
        said += part.toString();
        if (killAt !== undefined && said.includes(killAt)) child.kill('SIGKILL');
      });
      child.stderr.on('data', (part: Buffer) => (complained += part.toString()));
      child.on('error', reject);
      child.on('close', (code, signal) => {
        const killed = killAt !== undefined && signal === 'SIGKILL';
        if (code === 0 || killed) resolve({ said, killed });
        else reject(new Error(`${program} ${args.join(' ')}: ${code ?? signal}\n${said}${complained.slice(-2000)}`));
      });
    });
  }

  store(): SecretStore {
    return JSON.parse(readFileSync(path.join(this.secrets, `${ENVIRONMENT}.json`), 'utf8')) as SecretStore;
  }

  revision(secret: string): number {
    const file = path.join(this.directory, `config/${ENVIRONMENT}.revisions.json`);
    if (!existsSync(file)) return 1;
    return (JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>)[secret] ?? 1;
  }

  read = (file: string): string => readFileSync(path.join(this.directory, file), 'utf8');
  write(file: string, text: string): void {
    writeFileSync(path.join(this.directory, file), text);
  }
}
