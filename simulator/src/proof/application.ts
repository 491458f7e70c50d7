/** What the sessions of `verify` and `answer-key` call themselves in the database. Monitoring knows them by it. */
export const PROOF_APPLICATION = 'edtech-proof';
