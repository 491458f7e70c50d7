import { primaryOrNone } from '../../src/restore/archiving';

// A process of its own, which has no kubectl but the scripted one.
primaryOrNone(0).then(
  (primary) => console.log(primary ?? 'none'),
  (error: Error) => console.log(error.message),
);
