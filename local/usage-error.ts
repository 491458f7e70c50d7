/** The command line cannot be understood; lists every problem. */
export class UsageError extends Error {}
