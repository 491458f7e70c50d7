/** Profiles of compose.yaml that other services have to know of. */
export const PROFILES = ['metrics', 'logs'] as const;
export type Profile = (typeof PROFILES)[number];

/** The chosen ones. @param text as in COMPOSE_PROFILES: names divided by commas, others among them */
export const profilesOf = (text = ''): Profile[] => {
  const named = text.split(',').map((name) => name.trim());
  return PROFILES.filter((profile) => named.includes(profile));
};

/** Type of data source that each profile brings. */
export const SOURCE_TYPE: Readonly<Record<Profile, string>> = { metrics: 'prometheus', logs: 'loki' };
