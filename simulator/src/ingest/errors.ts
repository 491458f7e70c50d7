/** The configured stream is not the one that the database holds. Exit code 2: trying again cannot help. */
export class StreamRefused extends Error {}

/** The rows that COPY would write name students or lessons that the database does not have; the batch is rolled back. */
export class UnknownIds extends Error {}
