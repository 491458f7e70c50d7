import { untilInForce } from '../../src/secrets/in-force';

/** Waits, in a process of its own, which has no kubectl but the scripted one. */
const [seconds, ...current] = process.argv.slice(2);

untilInForce(new Set(), current, Number(seconds)).then(
  () => console.log('in force'),
  (error: Error) => console.log(error.message),
);
