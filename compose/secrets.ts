import { chownSync } from 'node:fs';
import { loadEnvironment } from '../src/config/environments';
import { secretCatalogue, type SecretCatalogue, type SecretId } from '../src/secrets/catalogue';
import { dueLines, endingSoon, renewDue, unnamedHosts } from '../src/secrets/due';
import { completeStore, isComplete } from '../src/secrets/generate';
import { readStore, writeStore, type SecretStore } from '../src/secrets/store';
import { folders } from './folders';
import { readManifests } from './manifests';
import { profilesOf } from './profiles';
import { TWINS, type Twin } from './twins';
import { writeFolder } from './write-folder';

const ENVIRONMENT = 'development';
const ROOT = '/secrets';
const STORE = `${ROOT}/store`;
/** Volume of the rendered dashboards; the service that writes it is not root. */
const DASHBOARDS = { path: '/rendered', uid: 472, gid: 472 };
/** What people log in to. The database has further logins, which only services use. */
const SHOWN: readonly (readonly [string, SecretId])[] = [
  ['Grafana   http://localhost:3000', 'grafanaAdmin'],
  ['Airflow   http://localhost:8080', 'airflowAdmin'],
  ['database  edtech, read as educators do', 'dashboardsEducator'],
  ['database  edtech, analytics', 'analytics'],
  ['database  edtech, owner of the schemas', 'owner'],
];

const USAGE = `usage: docker compose run --rm secrets COMMAND
  write       makes what is missing and writes each service's folder; every \`docker compose up\` does
  monitoring  the same for services of the profiles metrics and logs, as far as COMPOSE_PROFILES names them
  show        logins for people, with their passwords`;

async function currentStore(catalogue: SecretCatalogue, now: Date): Promise<SecretStore> {
  const present = readStore(STORE, ENVIRONMENT);
  let store = present;
  if (store === undefined || !isComplete(store, catalogue)) {
    store = await completeStore(ENVIRONMENT, catalogue, now, store);
  }
  const due = [...unnamedHosts(store, catalogue), ...endingSoon(store, catalogue, now)];
  ({ store } = await renewDue(store, catalogue, due, now));
  for (const line of dueLines(catalogue, due)) console.log(`${line}: renewed; services read it when they start`);
  if (store !== present) writeStore(STORE, store);
  return store;
}

function writeFolders(store: SecretStore, wanted: (twin: Twin) => boolean): void {
  const { pages } = loadEnvironment(ENVIRONMENT);
  const sources = { manifests: readManifests(), store, pages, profiles: profilesOf(process.env.EDTECH_PROFILES) };
  for (const folder of folders(TWINS.filter(wanted), sources)) {
    const changed = writeFolder(ROOT, folder);
    if (changed.length > 0) console.log(`${folder.name}: ${changed.join(', ')}`);
  }
}

async function write(): Promise<void> {
  const { pages } = loadEnvironment(ENVIRONMENT);
  writeFolders(await currentStore(secretCatalogue(pages), new Date()), ({ profile }) => profile === undefined);
  chownSync(DASHBOARDS.path, DASHBOARDS.uid, DASHBOARDS.gid);
  console.log('secrets are in place; who can log in: docker compose run --rm secrets show');
}

function madeStore(): SecretStore {
  const store = readStore(STORE, ENVIRONMENT);
  if (store === undefined) throw new Error('no secrets yet: the first `docker compose up` makes them');
  return store;
}

/** @throws Error where a profile was chosen in a way that the other services do not see */
function monitoring(): void {
  const chosen = profilesOf(process.env.EDTECH_PROFILES);
  if (chosen.length === 0) {
    throw new Error(
      `COMPOSE_PROFILES is '${process.env.EDTECH_PROFILES ?? ''}' and names neither metrics nor logs; with --profile Grafana and Airflow would not know: COMPOSE_PROFILES=metrics,logs docker compose up -d`,
    );
  }
  writeFolders(madeStore(), ({ profile }) => profile !== undefined && chosen.includes(profile));
}

function show(): void {
  const store = madeStore();
  for (const [what, id] of SHOWN) {
    const { username, password } = store.values[id] ?? {};
    console.log(`${what.padEnd(46)}${(username ?? '').padEnd(32)}${password}`);
  }
}

async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (rest.length === 0 && command === 'write') await write();
  else if (rest.length === 0 && command === 'show') show();
  else if (rest.length === 0 && command === 'monitoring') monitoring();
  else {
    console.error(`unknown command ${[command, ...rest].join(' ')}\n${USAGE}`);
    return 2;
  }
  return 0;
}

void main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
