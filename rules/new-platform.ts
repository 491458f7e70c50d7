/** Not within the first quarter of an hour of Prometheus, in which a new platform has not everything yet. */
export const STARTED_LONG_AGO = `time() - max(process_start_time_seconds{job="prometheus"}) > ${15 * 60}`;
