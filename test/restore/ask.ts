import { PassThrough } from 'node:stream';
import { find, until } from '../../src/cluster/kubectl';
import { WORKLOAD } from '../../src/names';
import { primaryOrNone } from '../../src/restore/archiving';
import { finishHistory } from '../../src/restore/history';
import { alone } from '../../src/restore/lock';
import { parseOptions } from '../../src/restore/options';
import { confirm } from '../../src/restore/preparation';
import { Progress } from '../../src/restore/progress';
import { repeatJob } from '../../src/restore/repeated-job';
import { untilMembersFollow, untilReconciled } from '../../src/restore/starting-again';
import { stopSimulators, suspendBackups } from '../../src/restore/taking-away';

/** The question before the volumes go, to somebody who types this and then Ctrl-D; what is said is piped. */
function confirmed(typed: string): Promise<void> {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  input.end(typed);
  return confirm(parseOptions(['--env', 'production', '--latest'], new Date()), { input, output: new PassThrough() });
}

const ended = (): Promise<unknown> => until('the end', 60, () => find('configmap', 'end'));
const killed = async (): Promise<void> => void process.kill(process.pid, 'SIGKILL');

/** What the restore asks of a cluster, in a process of its own, which has no kubectl but the scripted one. */
const QUESTIONS: Readonly<Record<string, () => Promise<unknown>>> = {
  primary: () => primaryOrNone(0),
  confirmed: () => confirmed(process.argv[3]),
  alone: () => alone(new Progress(), ended, 1).then(() => 'done'),
  'alone and killed': () => alone(new Progress(), killed, 1),
  suspended: () => suspendBackups(true),
  stopped: () => stopSimulators(0),
  reconciled: () => untilReconciled(0),
  migrated: () => repeatJob(WORKLOAD.migrations, 0),
  loaded: () => finishHistory(0, new Progress(), 0),
  'loaded within 60 s': () => finishHistory(60, new Progress(), 0),
  following: () => untilMembersFollow(3, 0, new Progress(), 0),
  'following within 60 s': () => untilMembersFollow(3, 60, new Progress()),
};

QUESTIONS[process.argv[2]]().then(
  (answer) => console.log(answer ?? 'none'),
  (error: Error) => console.log(error.message),
);
