import { MODEL_VERSION, parseStreamConfig, type StreamVersion } from '../../../simulator/src/model/config';
import { parseDay } from '../../../simulator/src/model/day';

/** A stream small enough to be verified many times in a test. */
export const smallStream = (firstDay: string, students = 300): StreamVersion => ({
  validFromDay: parseDay(firstDay),
  modelVersion: MODEL_VERSION,
  seed: 41,
  config: parseStreamConfig({ students, lessonsPerSegment: 24 }),
});
