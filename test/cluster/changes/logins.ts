import type { SecretId } from '../../../src/secrets/catalogue';
import type { SecretStore } from '../../../src/secrets/store';
import { serviceHost } from '../../../src/names';
import { inPod } from '../support/cluster';
import { members } from '../support/members';

export interface Login {
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

/** The login that a Secret holds. */
export function loginIn(store: SecretStore, id: SecretId, database: string): Login {
  const { username, password } = store.values[id] ?? {};
  if (username === undefined || password === undefined) throw new Error(`the store has no login of ${id}`);
  return { database, username, password };
}

const CONNECT = `
import json, sys, psycopg2
login = json.load(sys.stdin)
try:
    psycopg2.connect(**login, sslmode="verify-full", sslrootcert="/etc/edtech/tls/ca.crt", connect_timeout=10).close()
    print("accepted")
except psycopg2.OperationalError as error:
    print(str(error).strip())
`;

/** What the primary says to a login with a password, over TLS: `accepted` or its refusal. */
export async function logIn({ database, username, password }: Login): Promise<string> {
  const [{ name }] = await members();
  const replication = database === 'replication' ? { replication: 'true', dbname: 'postgres' } : { dbname: database };
  const input = JSON.stringify({ host: serviceHost('edtech-postgres-rw'), user: username, password, ...replication });
  return (await inPod(name, 'postgres', ['python3', '-c', CONNECT], { input })).trim();
}

const PATRONI = `
import json, ssl, sys, urllib.error, urllib.request, base64
host, account = json.load(sys.stdin)
context = ssl.create_default_context(cafile="/etc/edtech/tls/ca.crt")
request = urllib.request.Request(f"https://{host}:8008/reload", method="POST", data=b"{}")
request.add_header("Authorization", "Basic " + base64.b64encode(account.encode()).decode())
try:
    print(urllib.request.urlopen(request, timeout=10, context=context).status)
except urllib.error.HTTPError as error:
    print(error.code)
`;

/** Status of a harmless change through the REST API of a member. */
export async function callPatroni({ username, password }: Omit<Login, 'database'>): Promise<number> {
  const [{ name }] = await members();
  const host = `${name}.${serviceHost('edtech-postgres-headless')}`;
  const input = JSON.stringify([host, `${username}:${password}`]);
  return Number(await inPod(name, 'postgres', ['python3', '-c', PATRONI], { input }));
}

const CERTIFICATE = `
import json, socket, ssl, struct, sys
context = ssl.create_default_context(cafile="/etc/edtech/tls/ca.crt")
ends = {}
for name, port in json.load(sys.stdin):
    with socket.create_connection((name, port), timeout=10) as plain:
        if port == 5432:
            plain.sendall(struct.pack("!ii", 8, 80877103))
            assert plain.recv(1) == b"S"
        with context.wrap_socket(plain, server_hostname=name) as secured:
            ends[f"{name}:{port}"] = ssl.cert_time_to_seconds(secured.getpeercert()["notAfter"])
print(json.dumps(ends))
`;

/** When the certificates end that the members serve on both ports, in milliseconds. */
export async function servedCertificates(): Promise<Map<string, number>> {
  const all = await members();
  const hosts = all.map(({ name }) => `${name}.${serviceHost('edtech-postgres-headless')}`);
  const input = JSON.stringify(hosts.flatMap((host) => [5432, 8008].map((port) => [host, port])));
  const text = await inPod(all[0].name, 'postgres', ['python3', '-c', CERTIFICATE], { input });
  const ends = JSON.parse(text) as Record<string, number>;
  return new Map(Object.entries(ends).map(([where, seconds]) => [where, seconds * 1000]));
}

/** Every value of a store that must not be seen anywhere: all but user names and certificates. */
export function secretValues({ values }: SecretStore): string[] {
  return Object.values(values).flatMap((of) =>
    Object.entries(of ?? {})
      .filter(([key]) => key !== 'username' && !key.endsWith('.crt'))
      // Of a key in several lines the middle one, which is in every form of it.
      .map(([, value]) => (value.includes('\n') ? value.trim().split('\n')[1] : value)),
  );
}
