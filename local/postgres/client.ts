import { Client, type ClientConfig } from 'pg';

/** Does some work on a connection of its own, which ends with it. @param config a connection string, or more than that */
export async function withClient<T>(config: string | ClientConfig, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(config);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
