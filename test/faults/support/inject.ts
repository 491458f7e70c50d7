import type { Scene } from '../../cluster/faults/fault';
import { faultNamed } from '../../cluster/faults/faults';

/** Does the damage of a fault to nodes, in a process of its own, which has no kubectl but the scripted one. */
const [name, ...nodes] = process.argv.slice(2);
const scene = { nodes, note: () => undefined, untilWhole: () => Promise.resolve() };

faultNamed(name)
  .inject(scene as unknown as Scene)
  .then(
    () => console.log('done'),
    (error: Error) => console.log(error.message),
  );
