import type { Dashboard, Field, Panel } from './model';
import type { SourceName } from './sources';

/**
 * Dashboards for a site that lacks some data sources: without panels that could only show an error, without dashboards that then have
 * nothing to show, and without links to those.
 */
export function withSources(
  dashboards: readonly Dashboard[],
  isThere: (source: SourceName) => boolean,
): readonly Dashboard[] {
  const left = dashboards
    .map((dashboard) => ({
      ...dashboard,
      panels: dashboard.panels.filter(({ source }) => source === undefined || isThere(source)),
      annotations: dashboard.annotations.filter(({ source }) => isThere(source)),
    }))
    .filter(({ panels }) => panels.some(({ source }) => source !== undefined));
  const known = new Set(left.map(({ uid }) => uid));
  const linked = <T extends Panel | Field>(element: T): T => ({
    ...element,
    link: known.has(element.link?.uid ?? '') ? element.link : undefined,
  });
  return left.map((dashboard) => ({
    ...dashboard,
    links: dashboard.links.filter(({ uid }) => known.has(uid)),
    panels: dashboard.panels.map((panel) => ({ ...linked(panel), fields: panel.fields.map(linked) })),
  }));
}
