/** Not within the first quarter of an hour of Prometheus, in which a new platform has not everything yet. */
export const STARTED_LONG_AGO = `time() - max(process_start_time_seconds{job="prometheus"}) > ${15 * 60}`;

/** What must be there has been within a quarter of an hour, or has had that time to come: a new platform has none of it until it has begun. */
export const hasBeenThere = (...conditions: readonly string[]): string =>
  `(${[...conditions, `on () ${STARTED_LONG_AGO}`].join(' or ')})`;
