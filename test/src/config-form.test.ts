import { ConfigurationError, resolveConfig } from '../../src/config/resolve';
import type { EnvironmentSettings } from '../../src/config/types';
import { settings as production } from '../../config/production';

/** Settings as a file without types, or with a cast, may hold them: no compiler sees them before a synth does. */
function problemsOf(changes: object, settings: object = production): readonly string[] {
  try {
    resolveConfig({ environment: 'test', settings: settings as EnvironmentSettings, changes });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test.each<[object, string]>([
  [{ pages: { tls: 'internal' } }, "pages.tls is 'internal'; allowed is one of internal-ca, ingress, off"],
  [{ pages: { grafanaHost: '' } }, "pages.grafanaHost is ''; allowed is a host name in lower case"],
  [{ pages: { airflowHost: 'https://x.org' } }, "pages.airflowHost is 'https://x.org'; allowed is a host name"],
  [{ pages: { allowedCidr: ['10.0.0.0/8'] } }, 'pages.allowedCidr is not an option; allowed are grafanaHost, '],
  [{ pages: { allowedCidrs: '10.0.0.0/8' } }, "pages.allowedCidrs is '10.0.0.0/8'; allowed is a list"],
  [
    { pages: { exposure: { kind: 'nodeport' } } },
    "pages.exposure.kind is 'nodeport'; allowed is one of NodePort, LoadBalancer, Ingress",
  ],
  [
    { pages: { exposure: { kind: 'NodePort', grafanaPort: 30000 } } },
    'pages.exposure.airflowPort is not told; allowed is a whole number',
  ],
  [
    { pages: { exposure: { kind: 'Ingress', className: '', controllerNamespace: 'ingress', tlsSecret: 'pages' } } },
    "pages.exposure.className is ''; allowed is the name of an object",
  ],
  [{ encryptionAtRest: { by: 'luks' } }, "encryptionAtRest.by is 'luks'; allowed is one of storage-class, disks, "],
  [{ apiServers: [{ cidr: '10.0.0.1/32', port: 0 }] }, 'apiServers[0].port is 0; allowed is a whole number of 1 to'],
  [{ apiServers: [{ cidr: '10.0.0.1/32' }] }, 'apiServers[0].port is not told'],
  [{ nameServers: '169.254.25.10/32' }, "nameServers is '169.254.25.10/32'; allowed is a list"],
  [{ nameServers: [169] }, 'nameServers[0] is 169; allowed is a text'],
  [{ secrets: 'vault' }, "secrets is 'vault'; allowed is one of generated, existing"],
  [{ postgres: { synchronousMode: 'quorumm' } }, "postgres.synchronousMode is 'quorumm'; allowed is one of quorum, on"],
  [{ postgres: { synchronousStrict: 'yes' } }, "postgres.synchronousStrict is 'yes'; allowed is true or false"],
  [{ postgres: { synchronousStandbys: 1.5 } }, 'postgres.synchronousStandbys is 1.5; allowed is a whole number'],
  [
    { postgres: { volume: { storageClass: 'A b' } } },
    "postgres.volume.storageClass is 'A b'; allowed is the name of a",
  ],
  [{ postgres: { volume: { size: 20 } } }, 'postgres.volume.size is 20; allowed is a text'],
  [{ grafana: { replicas: '3' } }, "grafana.replicas is '3'; allowed is a whole number"],
  [{ grafana: { replicas: Number.NaN } }, 'grafana.replicas is NaN; allowed is a whole number'],
  [{ grafana: null }, 'grafana is null; allowed is an object with replicas, resources'],
  [{ simulator: { seed: -1 } }, 'simulator.seed is -1; allowed is a whole number of 0 to 4294967295'],
  [{ simulator: { stream: [] } }, 'simulator.stream is []; allowed is an object'],
  [{ airflow: { parallelism: 2.5 } }, 'airflow.parallelism is 2.5; allowed is a whole number'],
  [{ backup: { fullWeekdays: '0' } }, "backup.fullWeekdays is '0'; allowed is a list"],
  [{ backup: { fullWeekdays: ['0'] } }, "backup.fullWeekdays[0] is '0'; allowed is a whole number"],
  [{ retention: { dropRawEvents: 'yes' } }, "retention.dropRawEvents is 'yes'; allowed is true or false"],
  [{ imageTags: { grafanaa: '1' } }, 'imageTags.grafanaa is not an option; allowed are '],
  [{ registryPrefix: 'https://r.example.org' }, 'allowed is a registry and a path without http://'],
  [{ alerting: { receivers: { x: { kind: 'sms' } } } }, "alerting.receivers.x.kind is 'sms'; allowed is one of none, "],
  [{ alerting: { smtp: { smarthost: 'mail' } } }, "alerting.smtp.smarthost is 'mail'; allowed is a relay as host:port"],
  [{ pagess: {} }, 'pagess is not an option; allowed are registryPrefix, '],
])('refuses %j', (changes, message) => {
  expect(problemsOf(changes)).toEqual([expect.stringContaining(message)]);
});

test.each<[object, string]>([
  [
    { logs: { volume: { size: '0Gi' } } },
    'logs.volume.size 0Gi is not a quantity; allowed is a number above 0 with Ki',
  ],
  [
    { grafana: { resources: { memoryRequest: '0Mi' } } },
    'memory request 0Mi is not a quantity; allowed is a number above',
  ],
  [{ grafana: { resources: { cpuRequest: '0' } } }, 'cpu request 0 is not a quantity; allowed are cores or whole'],
  [{ grafana: { resources: { cpuLimit: '0.5m' } } }, 'cpu limit 0.5m is not a quantity; allowed are cores or whole'],
  [{ grafana: { resources: { cpuLimit: '500Mi' } } }, 'cpu limit 500Mi is not a quantity'],
  [
    { postgres: { resources: { memoryLimit: '6G' } } },
    'memory limit 6G is not a quantity; allowed is a number above 0',
  ],
])('refuses the quantity of %j', (changes, message) => {
  expect(problemsOf(changes)).toEqual(expect.arrayContaining([expect.stringContaining(message)]));
});

test('pages of which nothing is told are asked for, one by one', () => {
  expect(problemsOf({}, { ...production, pages: {} })).toEqual(
    ['grafanaHost', 'airflowHost', 'allowedCidrs', 'exposure', 'tls'].map((key) =>
      expect.stringContaining(`pages.${key} is not told; allowed is `),
    ),
  );
});
