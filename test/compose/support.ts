import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../../src/root';

export interface Service {
  readonly image: string;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly scale?: number;
  readonly profiles?: readonly string[];
  readonly restart: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit: string;
  readonly mem_reservation?: string;
  readonly cpus: number;
  readonly shm_size?: string;
  readonly stop_grace_period?: string;
  readonly tmpfs?: readonly string[];
  readonly volumes?: readonly (
    string | { readonly source: string; readonly target: string; readonly read_only: boolean }
  )[];
  readonly network_mode?: string;
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly aliases?: readonly string[] }>>;
  readonly extra_hosts?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: {
    readonly test: readonly string[];
    readonly interval: string;
    readonly timeout: string;
    readonly retries?: number;
    readonly start_period: string;
    readonly start_interval: string;
  };
}

export interface ComposeFile {
  readonly include?: readonly { readonly path: string }[];
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, object>>;
}

const read = (file: string): ComposeFile =>
  parse(readFileSync(path.join(ROOT, file), 'utf8'), { merge: true }) as ComposeFile;

/** A compose file with its merge keys resolved and the files that it includes. */
export function readCompose(file: string): ComposeFile {
  const all = [read(file), ...(read(file).include ?? []).map((included) => read(included.path))];
  return {
    services: Object.assign({}, ...all.map(({ services }) => services)) as ComposeFile['services'],
    networks: Object.assign({}, ...all.map(({ networks }) => networks)) as ComposeFile['networks'],
    volumes: Object.assign({}, ...all.map(({ volumes }) => volumes)) as ComposeFile['volumes'],
  };
}

export const networksOf = ({ networks = [] }: Service): string[] =>
  Array.isArray(networks) ? [...(networks as readonly string[])] : Object.keys(networks);

/** Whether the service runs to its end. */
export const isOneShot = ({ restart }: Service): boolean => restart === 'on-failure' || restart === 'no';

/** Volumes that are written as `source:target` with options. */
export const shortVolumes = ({ volumes = [] }: Service): string[] =>
  volumes.filter((volume): volume is string => typeof volume === 'string');

export const mebibytes = (size: string): number => {
  const found = /^(\d+)(m|g)$/.exec(size);
  if (found === null) throw new Error(`${size} is no size such as 256m or 1g`);
  return Number(found[1]) * (found[2] === 'g' ? 1024 : 1);
};
