import { confirm } from './confirm';
import { stopLeftBehind, unlockedLeftBehind } from './database';
import { forgetDriverSettings } from './environment';
import { tellFailure } from './failure';
import { deleteHome, openHome } from './home';
import { onSignals } from './interrupted';
import { parseOptions, USAGE } from './options';
import { portIsFree } from './postgres/server';
import { LocalRun, proven } from './run';
import { Terminal } from './terminal';
import { UsageError } from './usage-error';

/** Exit codes: 0 done and proven, 1 failed or not proven, 2 bad options, or data that is not ours or of other settings. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  forgetDriverSettings();
  const terminal = new Terminal(options.json ? process.stderr : process.stdout);
  let home = openHome(options.folder);
  if (!(await portIsFree(options.port))) {
    // By a run on the same data, more often than not.
    await unlockedLeftBehind(home);
    throw new UsageError(`--port: port ${options.port} is taken by another program, choose another one`);
  }
  if (home.movedBecause) terminal.line(`data is in ${home.folder}: ${home.movedBecause}`);
  if (options.fresh) {
    if (!options.yes && !(await confirm(`Delete all data of earlier runs in ${home.folder}?`))) return 1;
    await stopLeftBehind(home);
    deleteHome(home);
    home = openHome(options.folder);
  }
  if (home.account) terminal.line(`PostgreSQL runs as "${home.account.name}", because it refuses to run as root`);
  const { stop, giveUp } = onSignals();
  const summary = await new LocalRun(home, options, terminal, stop, giveUp).run();
  const { verify, answer_key: key } = summary;
  const left = key.notMadeAgain > 0 ? `, ${key.notMadeAgain} days not compared: they count an erased student` : '';
  terminal.line(
    `verified ${verify.compared.toLocaleString('en')} events: lost ${verify.lost}, extra ${verify.extra}, changed ${verify.changed}, unproven days ${verify.unproven}; ` +
      `${key.compared.toLocaleString('en')} analytics figures, ${key.different} different${left}`,
  );
  if (options.json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  return proven(summary) ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: Error) => (process.exitCode = tellFailure(error)),
);
