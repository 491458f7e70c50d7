import type { CertificateUsage } from '../../src/secrets/certificates';
import { loginsOf, OWNER_LOGIN, type Making, type SecretCatalogue } from '../../src/secrets/catalogue';
import { NAMESPACE } from '../../src/names';

/** A Secret that a site makes, as the table of docs/configuration.md has it. */
export type SecretRow = readonly [secret: string, keys: string, value: string, purpose: string];

const CERTIFICATES: Readonly<Record<CertificateUsage, string>> = {
  server: 'server certificate',
  client: 'client certificate',
  peer: 'certificate with both usages, server and client',
};

const VALUES = {
  fernet: '32 random bytes in URL-safe base64',
  password: '32 letters and digits',
  long: '64 letters and digits',
} as const;

/** Ways to write the name of a Service, the shortest first. */
const FORMS = ['', `.${NAMESPACE}`, `.${NAMESPACE}.svc`, `.${NAMESPACE}.svc.cluster.local`];

/** Names with those of a Service taken together, whose four forms must all be there. */
function together(hosts: readonly string[]): string[] {
  const services = hosts.filter((host) => hosts.includes(`${host}${FORMS[3]}`));
  const formsOf = (service: string): string[] => FORMS.map((form) => `${service}${form}`);
  if (!services.flatMap(formsOf).every((host) => hosts.includes(host)))
    throw new Error(`a form is missing: ${hosts.join(', ')}`);
  const ofServices = new Set(services.flatMap(formsOf));
  return hosts
    .filter((host) => services.includes(host) || !ofServices.has(host))
    .map((host) => (services.includes(host) ? `\`${host}\`*` : `\`${host}\``));
}

function valueOf(making: Making): string {
  switch (making.kind) {
    case 'ca':
      return 'the CA of all certificates of this table';
    case 'certificate': {
      const names = making.hosts.length === 0 ? '' : `; names ${together(making.hosts).join(', ')}`;
      return `${CERTIFICATES[making.usage]}; common name \`${making.commonName}\`${names}`;
    }
    case 'logins':
      return 'a password of 32 letters and digits for each';
    case 'login':
      return `${loginsOf(making.consumer)
        .map((login) => `\`${login}\``)
        .join(' or ')}, and its password`;
    case 'owner':
      return `\`${OWNER_LOGIN}\`, and its password`;
    case 'account':
      return `\`${making.username}\`; ${VALUES.password}`;
    case 'keys':
      return [...new Set(Object.values(making.keys))].map((kind) => VALUES[kind]).join('; the others ');
  }
}

/** Every Secret of the catalogue, in its order, with what its values must be. */
export const secretRows = (catalogue: SecretCatalogue): SecretRow[] =>
  Object.values(catalogue).map(({ name, keys, making, purpose }) => [
    `\`${name}-r1\``,
    making.kind === 'logins' ? 'one per login role, [below](#login-roles)' : keys.map((key) => `\`${key}\``).join(', '),
    valueOf(making),
    purpose,
  ]);
