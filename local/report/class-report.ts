import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buildDashboards } from '../../dashboards';
import type { Panel } from '../../dashboards/lib/model';
import { common } from '../../dashboards/texts/common';
import { panelContext, runAnnotations, runPanel } from '../page/data/dashboard-data';
import type { DashboardDatabase } from '../page/data/database';
import { marksLegend } from '../page/view/chart-marks';
import { chartTableHtml, matrixHtml, statHtml, tableHtml } from '../page/view/figures';
import { dateTime } from '../page/view/format';
import { html, Html } from '../page/view/html';
import { markdown } from '../page/view/markdown';
import { isEmpty } from '../page/view/series';
import { panelView } from '../page/view/views';
import type { ClassDay } from './classes';
import { drawSvg } from './drawing';

/**
 * Panels of a report. Live figures of a day belong to its last moment; figures of published days need the range to reach the
 * day's very end.
 */
const PANELS: readonly {
  readonly dashboard: string;
  readonly key: string;
  readonly at: 'last moment' | 'end';
  readonly hide?: string;
  /** Rows of a table that are printed: the first ones are those with the greatest need. */
  readonly rows?: number;
}[] = [
  // Nobody reads "now" on paper.
  { dashboard: 'edu-class', key: 'active', at: 'last moment', hide: 'active_now' },
  { dashboard: 'edu-class', key: 'completions', at: 'last moment' },
  { dashboard: 'edu-class', key: 'watch', at: 'end' },
  { dashboard: 'edu-class', key: 'attention', at: 'end' },
  { dashboard: 'edu-risk', key: 'list', at: 'end' },
  { dashboard: 'edu-class', key: 'usual', at: 'last moment' },
  { dashboard: 'edu-class', key: 'network', at: 'end' },
  { dashboard: 'edu-class', key: 'days', at: 'end' },
  { dashboard: 'edu-risk', key: 'reasons', at: 'end' },
  { dashboard: 'edu-class', key: 'rhythm', at: 'end' },
  { dashboard: 'edu-class', key: 'lessons', at: 'end', rows: 15 },
];

const STYLES = ['../page/styles/figures.css', 'report.css']
  .map((file) => readFileSync(path.join(__dirname, file), 'utf8'))
  .join('\n');

const DASHBOARDS = buildDashboards();

function panelOf(dashboard: string, key: string, hide?: string): Panel {
  const panel = DASHBOARDS.find(({ uid }) => uid === dashboard)?.panels.find((candidate) => candidate.key === key);
  if (!panel) throw new Error(`there is no panel ${key} on dashboard ${dashboard}`);
  return hide === undefined
    ? panel
    : { ...panel, fields: panel.fields.map((field) => (field.name === hide ? { ...field, hidden: true } : field)) };
}

/** A self-contained page about one class on one day, for reading and printing: no script, nothing to fetch. */
export async function classReport(database: DashboardDatabase, day: string, subject: ClassDay): Promise<string> {
  const { timeZone, startsAt, endsAt } = subject;
  const variables = { cohort: String(subject.cohortId), classroom: String(subject.classroomId) };
  const figures = await Promise.all(
    PANELS.map(async ({ dashboard, key, at, hide, rows }) => {
      const panel = panelOf(dashboard, key, hide);
      const to = at === 'end' ? endsAt : new Date(endsAt.getTime() - 1);
      const context = panelContext(panel, { from: startsAt, to }, true, variables);
      const frames = (await runPanel(database, panel, context)).map((frame) => ({
        ...frame,
        rows: panel.kind === 'table' && rows !== undefined ? frame.rows.slice(0, rows) : frame.rows,
      }));
      const source = DASHBOARDS.find(({ uid }) => uid === dashboard)!;
      const annotations = panel.kind === 'timeseries' ? await runAnnotations(database, source, context) : [];
      const view = panelView(panel);
      const around = { from: context.from.getTime(), to: to.getTime(), timeZone, annotations };
      const draw = (): Html => {
        if (isEmpty(view, frames)) return html`<p class="empty">${panel.noData}</p>`;
        if (panel.kind === 'stat') return statHtml(view, frames, timeZone);
        if (panel.kind === 'table') return tableHtml(view, frames, timeZone, variables);
        if (panel.kind === 'matrix') return matrixHtml(view, frames, timeZone);
        return html`${drawSvg(view, frames, around)}${marksLegend(annotations)}
          <details>
            <summary>Figures</summary>
            ${chartTableHtml(view, frames, timeZone)}
          </details>`;
      };
      const wide = panel.kind === 'table' || panel.kind === 'matrix' ? ' wide' : '';
      return html`<section class="kind-${panel.kind}${wide}">
        <h2>${panel.title}</h2>
        ${draw()}
        <p class="about">${panel.description}</p>
      </section>`;
    }),
  );
  return page(day, subject, figures);
}

function page(day: string, { classroom, cohort, timeZone, kind, asOf }: ClassDay, figures: readonly Html[]): string {
  const weekday = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );
  return html`<!doctype html>
    <html lang="en" class="paper">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${classroom}, ${day}</title>
        <style>
          ${new Html(STYLES)}
        </style>
      </head>
      <body>
        <header>
          <p class="eyebrow">EdTech Stream · daily class report</p>
          <h1>${classroom}</h1>
          <p>${weekday} · ${kind.replace('_', ' ')} · cohort ${cohort} (${timeZone})</p>
          <p class="cut">
            Events received until ${dateTime(asOf.getTime(), timeZone)} are counted in the published figures.
            <strong>${common.simulated}</strong>
          </p>
        </header>
        <main>${figures}</main>
        <footer>${markdown(`${common.help.body}\n\n${common.help.whom}`)}</footer>
      </body>
    </html> `.toString();
}
