import { inPod, kubectl } from '../support/cluster';
import { eventually, sleep } from '../../support/eventually';
import { DATA_DIRECTORY } from '../../../src/constructs/postgres-cluster';
import { WORKLOAD } from '../../../src/names';
import { pods, switchOver, type Member } from '../support/members';
import { bringRepositoryBack, takeRepositoryAway, walArchived, walWaits } from './archive';
import type { Fault, Goal, Scene } from './fault';
import { PLATFORM_FAULTS } from './platform-faults';
import { signalPatroni, stopClone } from './processes';

const signalPostmaster = (member: Member, signal: string): Promise<string> =>
  inPod(member.name, 'postgres', ['bash', '-c', `kill -${signal} $(head -n 1 ${DATA_DIRECTORY}/postmaster.pid)`]);

const POD_GOAL: Goal = { gapSeconds: 5, share: 0.95 };
const SWITCHOVER_GOAL: Goal = { gapSeconds: 4, share: 0.95 };
const NODE_GOAL: Goal = { gapSeconds: 25 };

/** Nodes with a pod of the cluster's DNS, by the label that every distribution keeps. */
async function dnsNodes(): Promise<string[]> {
  const list = ['get', 'pods', '--namespace=kube-system', '--selector=k8s-app=kube-dns', '--output=json'];
  const { items } = JSON.parse(await kubectl(list)) as { items: { spec: { nodeName?: string } }[] };
  return items.map(({ spec }) => spec.nodeName ?? '');
}

/** What else a fault of a node must show while it has no power and after its return. */
interface AlsoShown {
  during(scene: Scene): Promise<void>;
  after(scene: Scene): Promise<void>;
}

/** The primary moves to a node with something else that a failover may miss; then that node loses its power for a minute. */
function nodeOfPrimaryKilled(
  name: string,
  title: string,
  nodesOf: () => Promise<readonly string[]>,
  also?: AlsoShown,
): Fault {
  return {
    name,
    title,
    inject: async (scene) => {
      const { machines, primary, standbys, kept, untilWhole, note } = scene;
      const at = await nodesOf();
      const member = [primary, ...standbys].find(({ node }) => at.includes(node));
      if (member === undefined) throw new Error(`no member stands on any of the nodes ${at.join(', ')}`);
      if (member !== primary) {
        await switchOver(primary, member);
        await untilWhole();
        kept.movedTo = member.name;
      }
      note(`${member.name} on ${member.node} was the primary; the other one is on ${at.join(', ')}`);
      kept.nodes.push(member.node);
      await machines.kill(member.node);
      // However long the way there took.
      await sleep(60);
      await also?.during(scene);
    },
    undo: {
      afterSeconds: 60,
      run: async (scene) => {
        for (const node of scene.kept.nodes) await scene.machines.start(node);
        await also?.after(scene);
      },
    },
    undoWaits: also !== undefined,
    goal: NODE_GOAL,
    rounds: 5,
    random: false,
  };
}

async function eachNode(scene: Scene, action: (node: string) => Promise<void>): Promise<void> {
  for (const node of scene.nodes) await action(node);
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'primary-pod-deleted',
    title: 'primary pod deleted',
    inject: async ({ primary }) => void (await kubectl(['delete', 'pod', primary.name, '--wait=false'])),
    goal: POD_GOAL,
    rounds: 20,
    random: true,
  },
  {
    name: 'postmaster-killed',
    title: 'postmaster of the primary killed with SIGKILL',
    inject: async ({ primary }) => void (await signalPostmaster(primary, 'KILL')),
    goal: POD_GOAL,
    rounds: 20,
    random: true,
  },
  {
    name: 'switchover',
    title: 'planned switchover',
    inject: ({ primary }) => switchOver(primary),
    goal: SWITCHOVER_GOAL,
    rounds: 20,
    random: true,
  },
  {
    // The member that is not named stands still for 2 s (Patroni's `process_unhealthy_cluster`), and a commit waits for one.
    name: 'switchover-to-candidate',
    title: 'planned switchover to a named member',
    inject: ({ primary, standbys }) => switchOver(primary, standbys[0]),
    goal: SWITCHOVER_GOAL,
    rounds: 5,
    random: false,
  },
  {
    name: 'patroni-stopped',
    title: 'Patroni of the primary stopped with SIGSTOP for 60 s',
    inject: ({ machines, primary }) => signalPatroni(machines, primary, 'STOP'),
    undo: { afterSeconds: 60, run: ({ machines, primary }) => signalPatroni(machines, primary, 'CONT') },
    goal: NODE_GOAL,
    rounds: 5,
    random: true,
  },
  {
    name: 'primary-node-killed',
    title: 'primary’s node without power',
    inject: async ({ machines, primary }) => void (await machines.kill(primary.node)),
    undo: { afterSeconds: 60, run: async ({ machines, primary }) => void (await machines.start(primary.node)) },
    goal: NODE_GOAL,
    rounds: 5,
    random: true,
  },
  nodeOfPrimaryKilled(
    'primary-and-repository-node-killed',
    'node of both primary and backup repository without power',
    async () => (await pods(WORKLOAD.backupRepository)).map(({ spec }) => spec.nodeName ?? ''),
    {
      during: ({ kept, note }) => walWaits(kept.nodes, note),
      after: ({ kept, note }) => walArchived(kept.nodes[0], note),
    },
  ),
  {
    // Only the primary archives: the next one must do it for what waits with this one. A server waits for its archiver before it ends, and
    // the standbys for an answer of its Patroni meanwhile, which takes up to 2 s more than a deleted pod does otherwise.
    name: 'pod-deleted-repository-away',
    title: 'primary pod deleted while WAL waits for a backup repository that is away',
    inject: async ({ primary, note }) => {
      await takeRepositoryAway();
      await walWaits([], note);
      await kubectl(['delete', 'pod', primary.name, '--wait=false']);
    },
    undo: { afterSeconds: 60, run: ({ note }) => bringRepositoryBack(note) },
    undoWaits: true,
    goal: { gapSeconds: 7 },
    rounds: 5,
    random: false,
  },
  nodeOfPrimaryKilled(
    'primary-and-dns-node-killed',
    'node of both primary and a name server of the cluster without power',
    dnsNodes,
  ),
  {
    name: 'primary-node-partitioned',
    title: 'primary’s node partitioned for 60 s and healed',
    inject: async ({ machines, primary }) => void (await machines.partition(primary.node)),
    undo: { afterSeconds: 60, run: async ({ machines, primary }) => void (await machines.heal(primary.node)) },
    goal: NODE_GOAL,
    rounds: 5,
    random: true,
  },
  {
    name: 'standby-node-killed',
    title: 'a standby’s node without power',
    inject: async ({ machines, standbys }) => void (await machines.kill(standbys[0].node)),
    undo: { afterSeconds: 30, run: async ({ machines, standbys }) => void (await machines.start(standbys[0].node)) },
    goal: { gapSeconds: 1 },
    rounds: 5,
    random: true,
  },
  {
    name: 'both-standby-nodes-killed',
    title: 'nodes of both standbys without power for 30 s',
    inject: async ({ machines, standbys }) => {
      await Promise.all(standbys.map(({ node }) => machines.kill(node)));
    },
    undo: {
      afterSeconds: 30,
      run: async ({ machines, standbys }) => {
        await Promise.all(standbys.map(({ node }) => machines.start(node)));
      },
    },
    writesWait: true,
    goal: { gapSeconds: 60 },
    rounds: 5,
    random: false,
  },
  {
    name: 'api-server-stopped',
    title: 'API server stopped for 120 s',
    inject: async (scene) => {
      const { machines, primary, note } = scene;
      machines.apiServer('SIGSTOP');
      // Well beyond the lock's time to live of 20 s.
      await sleep(60);
      const status = await machines.exec(primary.node, 'curl', '-sk', `https://${primary.address}:8008/patroni`);
      const active = (JSON.parse(status) as { failsafe_mode_is_active?: boolean }).failsafe_mode_is_active === true;
      note(`failsafe mode active: ${active}`);
      if (!active) throw new Error('failsafe mode is not shown as active');
    },
    undo: { afterSeconds: 120, run: ({ machines }) => Promise.resolve(machines.apiServer('SIGCONT')) },
    goal: { gapSeconds: 1 },
    rounds: 5,
    random: false,
  },
  {
    name: 'postmaster-frozen',
    title: 'postmaster of the primary frozen for good with SIGSTOP',
    inject: async ({ primary }) => void (await signalPostmaster(primary, 'STOP')),
    goal: { gapSeconds: 60, newConnections: true },
    rounds: 5,
    random: true,
  },
  {
    name: 'clone-killed',
    title: 'a standby that clones the primary killed with SIGKILL',
    inject: async ({ machines, standbys: [standby], note }) => {
      await kubectl(['delete', 'pvc', `data-${standby.name}`, '--wait=false']);
      await kubectl(['delete', 'pod', standby.name]);
      await eventually(`${standby.name} clones on ${standby.node}`, 120, () => stopClone(machines, standby));
      const left = await inPod(standby.name, 'postgres', ['ls', DATA_DIRECTORY, `${DATA_DIRECTORY}/global`]);
      // Also where it was too late: a copy that stands still would keep the member for ever.
      await signalPatroni(machines, standby, 'KILL');
      if (left.includes('pg_control')) throw new Error('the clone was done before it was stopped');
      note(`killed after ${left.trim().split('\n').length} files and folders of the first two levels`);
    },
    goal: { gapSeconds: 1 },
    rounds: 5,
    random: false,
  },
  {
    name: 'nodes-drained',
    title: 'each node with a member drained in turn',
    inject: (scene) =>
      eachNode(scene, async (node) => {
        const begun = Date.now();
        const flags = ['--ignore-daemonsets', '--delete-emptydir-data', '--timeout=180s'];
        const others = '--pod-selector=app.kubernetes.io/name!=edtech-fault-probe';
        try {
          await kubectl(['drain', node, ...flags, others], { timeoutSeconds: 200 });
          scene.note(`${node} drained in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
        } finally {
          await kubectl(['uncordon', node]);
        }
        await scene.untilWhole();
      }),
    goal: { gapSeconds: 5 },
    rounds: 5,
    random: false,
  },
  ...PLATFORM_FAULTS,
];

export const faultNamed = (name: string): Fault => {
  const fault = FAULTS.find((candidate) => candidate.name === name);
  if (fault === undefined) throw new Error(`unknown fault ${name}; known: ${FAULTS.map((f) => f.name).join(', ')}`);
  return fault;
};
