import type { PanelLink } from '../model';

/**
 * Whether a link takes the range of its dashboard along. Pages of operations look at the same moment. Those of educators have ranges of
 * different kinds: with "today" of the class overview a page of published days would be empty, since yesterday ends where today begins.
 * So each opens with its own, as on the local page.
 */
export const keepsRange = (from: string, to: string): boolean => from === to || to.startsWith('ops-');

/** URL of a panel or data link on the dashboard `from`: variables go along, and the range where it fits. */
export function linkUrl({ uid, variables }: PanelLink, from: string): string {
  const choices = Object.entries(variables).map(([name, value]) => {
    if (!value.startsWith('$')) return `var-${name}=\${__data.fields.${value}}`;
    return value === `$${name}` ? `\${${name}:queryparam}` : `var-${name}=\${${value.slice(1)}}`;
  });
  const query = [...choices, ...(keepsRange(from, uid) ? ['${__url_time_range}'] : [])];
  return query.length === 0 ? `/d/${uid}` : `/d/${uid}?${query.join('&')}`;
}

export const dataLink = (link: PanelLink, from: string) => ({
  title: link.title,
  url: linkUrl(link, from),
  targetBlank: false,
});
