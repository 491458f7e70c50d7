/** What a site may choose about its dashboards. */
export interface DashboardSettings {
  /** Smallest number of students that a share or average of a cohort or of the platform may rest on. Default 10. */
  readonly minimumGroup: number;
}

export const DEFAULT_SETTINGS: DashboardSettings = { minimumGroup: 10 };

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
