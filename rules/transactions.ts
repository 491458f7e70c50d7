/** Sessions of `verify` and `answer-key`, as the simulator names them; dashboards are also rendered where its sources are not. */
export const PROOF_APPLICATION = 'edtech-proof';

/** Longest that a proof of what is stored may take: the first night after a long history takes hours; what takes longer is stuck. */
export const LONGEST_PROOF_SECONDS = 6 * 3600;
/** Longest that any other transaction may be open. */
export const LONGEST_TRANSACTION_SECONDS = 300;

const open = (matcher: string): string =>
  `pg_stat_activity_max_tx_duration{backend_type="client backend", application_name${matcher}"${PROOF_APPLICATION}"}`;

/** Age of the oldest open transaction of each kind of session. */
export const OPEN_TRANSACTIONS = open('!=');
/** The same of proofs, which read all rows in one snapshot. */
export const OPEN_PROOFS = open('=');
