import { analyticsCases } from './analytics';
import { ingestCases } from './ingest';
import { platformCases } from './platform';
import { postgresCases } from './postgres';
import type { Case } from './types';

/** Evidence by the name of the alert. */
export const CASES: Readonly<Record<string, Case>> = {
  ...ingestCases,
  ...analyticsCases,
  ...postgresCases,
  ...platformCases,
};
