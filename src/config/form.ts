import { IMAGE } from '../images';
import {
  anything,
  choice,
  like,
  list,
  optional,
  options,
  table,
  text,
  toggle,
  variant,
  whole,
  type Shape,
} from './shape';
import type { EnvironmentSettings, SiteSettings, TunedSettings } from './types';

const host = text(
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
  'a host name in lower case, such as grafana.example.org',
);
const objectName = text(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'the name of an object, such as nginx');
const storageClass = text(
  /^$|^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
  'the name of a StorageClass, or nothing for the default',
);
const port = whole(1, 65_535);
const address = options({ cidr: text(), port });

const SITE: Readonly<Record<keyof SiteSettings, Shape>> = {
  tier: choice('development', 'production'),
  apiServers: list(address),
  nodeCidrs: list(text()),
  encryptionAtRest: variant('by', { 'storage-class': {}, disks: { reason: text() }, nothing: {} }),
  pages: options({
    grafanaHost: host,
    airflowHost: host,
    allowedCidrs: list(text()),
    exposure: variant('kind', {
      NodePort: { grafanaPort: whole(), airflowPort: whole() },
      LoadBalancer: {},
      Ingress: {
        className: objectName,
        controllerNamespace: objectName,
        controllerCidrs: optional(list(text())),
        tlsSecret: objectName,
      },
    }),
    tls: choice('internal-ca', 'ingress', 'off'),
  }),
};

/** Forms that a default does not show, by path or, with a star, by the last part of it. */
const SPECIAL: Readonly<Record<string, Shape>> = {
  '*.storageClass': storageClass,
  registryPrefix: text(
    /^$|^(?!.*:\/\/)[a-z0-9][\w.:/-]*$/i,
    'a registry and a path without http://, such as registry.example.org/mirror',
  ),
  imageTags: options(Object.fromEntries(Object.keys(IMAGE).map((name) => [name, optional(text())]))),
  secrets: choice('generated', 'existing'),
  nameServers: list(text()),
  'postgres.synchronousMode': choice('quorum', 'on', 'off'),
  'postgres.parameters': table(anything),
  'simulator.seed': whole(0, 0xffff_ffff),
  'simulator.stream': table(anything),
  'alerting.receivers': table(variant('kind', { none: {}, webhook: { url: text() }, email: { to: text() } })),
  'alerting.smtp': optional(
    options({
      smarthost: text(/^[^\s:]+:\d{1,5}$/, 'a relay as host:port'),
      from: text(/@/, 'an e-mail address'),
      requireTls: toggle,
    }),
  ),
  'alerting.destinations': list(address),
};

/** Problems with the form of an environment; where there are none, every rule finds what its type says. */
export const formProblems = (
  settings: EnvironmentSettings,
  resolved: TunedSettings,
  defaults: TunedSettings,
): string[] => {
  const { tier, apiServers, nodeCidrs, encryptionAtRest, pages } = settings;
  return [
    ...options(SITE)({ tier, apiServers, nodeCidrs, encryptionAtRest, pages }, ''),
    ...like(defaults, SPECIAL)(resolved, ''),
  ];
};
