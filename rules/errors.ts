/** Entries of level error of the whole platform; the collector gives each a `fingerprint` and its text without particulars, `error`. */
const ERRORS = '{namespace=~"edtech|edtech-node-agents"} | level="error" | fingerprint!=""';

/** Days before the last one in which an error must not have been seen to be new. */
const DAYS_BEFORE = 5;

/** Days of logs that the comparison needs: the last one, those before it, and one more for when Loki removes and counts. */
export const LEAST_LOG_DAYS = DAYS_BEFORE + 2;

/** How often each kind of error was logged in the last `range`, for LogQL. */
export const errorsByKind = (range = '1d'): string =>
  `sum by (app, fingerprint, error) (count_over_time(${ERRORS} [${range}]))`;

const before = `count_over_time(${ERRORS} [${DAYS_BEFORE}d] offset 1d)`;

/** Kinds of errors of the last day that the days before it did not have. While there is nothing before it, everything would be new. */
export const newErrors = `(${errorsByKind()} unless on (app, fingerprint) sum by (app, fingerprint) (${before}))`;

/** Errors of each application over time. */
export const errorsByApp = (range: string): string => `sum by (app) (count_over_time(${ERRORS} [${range}]))`;

/** Whether anything at all was logged before the last day: 1 or nothing. */
export const HAS_HISTORY = 'count(sum(count_over_time({namespace="edtech"} [1h] offset 1d)))';
