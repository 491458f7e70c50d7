import type { Dashboard, Panel, Variable } from '../lib/model';
import { text } from '../lib/panels';
import { common } from '../texts/common';
import {
  about,
  airflowTexts,
  errorsTexts,
  logsTexts,
  pipelineTexts,
  postgresTexts,
  sloTexts,
} from '../texts/operations';

/** Sizes of the grid's columns: a third, a half, all. */
export const THIRD = { w: 8, h: 7 };
export const HALF = { w: 12, h: 8 };
export const FULL = { w: 24, h: 8 };

const PAGES = {
  'ops-slo': sloTexts,
  'ops-pg': postgresTexts,
  'ops-pipeline': pipelineTexts,
  'ops-airflow': airflowTexts,
  'ops-logs': logsTexts,
  'ops-errors': errorsTexts,
};

interface OperationsPage {
  readonly uid: keyof typeof PAGES;
  /** Length of the range up to now, such as `6h`. */
  readonly range: string;
  readonly refresh: string;
  readonly variables?: readonly Variable[];
  readonly panels: readonly Panel[];
}

/** An operations page: its links to the others, and what it is, are the same on all. */
export function operationsPage({ uid, range, refresh, variables = [], panels }: OperationsPage): Dashboard {
  const { title, description } = PAGES[uid];
  return {
    uid,
    title,
    description,
    audience: 'operations',
    tags: ['edtech', 'operations', 'simulated-data'],
    range: { from: `now-${range}`, to: 'now' },
    refresh,
    variables,
    annotations: [],
    links: Object.entries(PAGES)
      .filter(([other]) => other !== uid)
      .map(([other, texts]) => ({ uid: other, title: texts.title })),
    panels: [
      ...panels,
      text({
        key: 'about',
        title: about.title,
        description: about.description,
        size: { w: 24, h: 3 },
        content: `${about.body} ${common.simulated}`,
      }),
    ],
  };
}
