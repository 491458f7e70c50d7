/** Sessions of clients on each member of the database, as a share of the connections that are not kept for superusers. */
export const CONNECTIONS_USED =
  'sum by (pod) (pg_stat_activity_count{backend_type="client backend"}) / on (pod) (max by (pod) (pg_settings_max_connections) - on (pod) max by (pod) (pg_settings_superuser_reserved_connections))';
/** At this share an alert is raised. */
export const CONNECTIONS_HIGH = 0.8;
