import type { Dashboard } from './model';
import type { DashboardSettings } from './settings';

/** A dashboard as a function of what a site may choose. */
export type DashboardFactory = (settings: DashboardSettings) => Dashboard;
