import type { Dashboard, Panel } from '../../../dashboards/lib/model';
import { isDatabaseSource, SOURCES } from '../../../dashboards/lib/sources';
import type { DashboardView, PanelView } from './types';

/** A panel without its queries: what may leave the server. */
export function panelView({ targets, source, ...panel }: Panel): PanelView {
  const colours = Object.fromEntries(targets.flatMap(({ refId, colour }) => (colour ? [[refId, colour]] : [])));
  const needs = source === undefined || isDatabaseSource(source) ? undefined : SOURCES[source].needs;
  return { ...panel, colours, needs };
}

export function dashboardView({ uid, title, description, audience, range, panels }: Dashboard): DashboardView {
  return { uid, title, description, audience, range, panels: panels.map(panelView) };
}
