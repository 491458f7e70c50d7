/** What a site may choose about its dashboards. */
export interface DashboardSettings {
  /** Smallest number of students that a share or average of a cohort or of the platform may rest on. Default 10. */
  readonly minimumGroup: number;
  /**
   * Time zone that every dashboard insists on: `browser` or an IANA name. Default '': that of each person's preferences, and without one
   * the platform's option `timeZone`, which a name here would overrule.
   */
  readonly timeZone: string;
}

export const DEFAULT_SETTINGS: DashboardSettings = { minimumGroup: 10, timeZone: '' };

/**
 * Checks the settings and adds the defaults.
 * @throws Error on a group size that is not a whole number of at least 2
 */
export function resolveSettings(settings: Partial<DashboardSettings> = {}): DashboardSettings {
  const resolved = { ...DEFAULT_SETTINGS, ...settings };
  if (!Number.isInteger(resolved.minimumGroup) || resolved.minimumGroup < 2) {
    throw new Error(`minimum group must be a whole number of at least 2, got ${resolved.minimumGroup}`);
  }
  return resolved;
}
