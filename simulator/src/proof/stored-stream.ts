import type { Client } from 'pg';
import { configHash, parseStreamConfig, type StreamVersion } from '../model/config';
import { parseDay } from '../model/day';
import { Stream } from '../model/stream';

/** The database does not say which stream it holds, or says it in a way this program cannot follow. */
export class StoredStreamError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoredStreamError';
  }
}

/**
 * The stream whose events the database holds, from `ingest.stream_versions`.
 * @throws StoredStreamError if there is none or its settings were edited
 */
export async function readStream(client: Client): Promise<Stream> {
  const { rows } = await client.query<{
    valid_from_day: string;
    model_version: string;
    seed: string;
    config: unknown;
    config_hash: string;
  }>(
    'select valid_from_day::text, model_version, seed::text, config, config_hash from ingest.stream_versions order by valid_from_day',
  );
  if (rows.length === 0)
    throw new StoredStreamError('ingest.stream_versions is empty: no stream was ever written here');
  const versions = rows.map((row): StreamVersion => {
    const config = parseStreamConfig(row.config);
    if (configHash(config) !== row.config_hash) {
      throw new StoredStreamError(
        `settings of ${row.valid_from_day} have the hash ${configHash(config)}, recorded is ${row.config_hash}: the row was edited`,
      );
    }
    return {
      validFromDay: parseDay(row.valid_from_day),
      modelVersion: row.model_version,
      seed: Number(row.seed),
      config,
    };
  });
  return new Stream(versions);
}
