/** What the address line says: which dashboard, which range, which choices. Everything shown can be bookmarked. */
export interface Address {
  readonly uid: string;
  /** Undefined: the dashboard's own. */
  readonly from?: string;
  readonly to?: string;
  readonly variables: Readonly<Record<string, string>>;
}

const PREFIX = 'var-';

export function readAddress(location: Pick<Location, 'pathname' | 'search'>): Address {
  const query = new URLSearchParams(location.search);
  const variables = [...query]
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, value]) => [name.slice(PREFIX.length), value]);
  return {
    uid: location.pathname.split('/')[2] ?? '',
    from: query.get('from') ?? undefined,
    to: query.get('to') ?? undefined,
    variables: Object.fromEntries(variables) as Record<string, string>,
  };
}

export function queryOf({ from, to, variables }: Omit<Address, 'uid'>): string {
  const query = new URLSearchParams();
  if (from) query.set('from', from);
  if (to) query.set('to', to);
  for (const [name, value] of Object.entries(variables)) query.set(`${PREFIX}${name}`, value);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

export function pathOf(address: Address): string {
  return `/d/${address.uid}${queryOf(address)}`;
}
