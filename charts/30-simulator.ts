import type { App } from 'cdk8s';
import type { PlatformConfig } from '../src/config/types';
import { Autoscaler } from '../src/constructs/autoscaler';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import type { ServiceEndpoint } from '../src/constructs/service';
import { emptyDir } from '../src/constructs/volumes';
import { Workload } from '../src/constructs/workload';
import { DATABASE, PORT, PRIORITY, WORKLOAD } from '../src/names';
import { ComponentChart, type SecretRefs } from './context';
import { caMount, simulatorConnection } from './database-client';
import { boundaryOf } from './flows';
import { SIMULATOR_UID, streamSettings } from './simulator-settings';
import { Verification } from './verification';
import { HISTORY_LOADED, waitFor } from './wait-for';

export interface SimulatorChartProps {
  readonly secrets: SecretRefs;
  readonly primary: ServiceEndpoint;
}

/** Replicas that share the shards of the stream; any number of them stores every event exactly once, which is proven each night. */
export class SimulatorChart extends ComponentChart {
  constructor(app: App, config: PlatformConfig, { secrets, primary }: SimulatorChartProps) {
    const { images, simulator, tier } = config;
    super(app, { config, id: '30-simulator', component: 'simulator', version: images.simulator.tag });
    const database = { endpoint: primary, database: DATABASE.edtech, login: secrets.simulator };
    const health = (path: string) => ({ path, port: PORT.health });
    const target = new Workload(this, 'simulator', {
      name: WORKLOAD.simulator,
      replicas: 'autoscaled',
      user: SIMULATOR_UID,
      priorityClassName: PRIORITY.service,
      // SIGTERM finishes the batch and releases the leases within 5 s.
      terminationGracePeriodSeconds: 20,
      spread: { nodes: tier === 'production' ? 'even' : 'prefer' },
      quickDns: true,
      maxUnavailable: 1,
      initContainers: [
        waitFor(config, secrets, {
          ...database,
          name: 'wait-for-history',
          condition: HISTORY_LOADED,
          // Where no bulk load begins the replicas make the history themselves, only slower.
          patienceSeconds: 900,
        }),
      ],
      containers: [
        {
          name: 'simulator',
          image: images.simulator.reference,
          args: ['run'],
          ports: { http: PORT.health },
          env: {
            ...simulatorConnection(database),
            ...streamSettings(simulator),
            INGEST_REPLICA: { fieldPath: 'metadata.name' },
            HTTP_HOST: '0.0.0.0',
            HTTP_PORT: `${PORT.health}`,
          },
          probes: {
            startup: { http: health('/healthz'), periodSeconds: 2, failureThreshold: 60 },
            readiness: { http: health('/readyz'), periodSeconds: 5, failureThreshold: 3 },
            // Catching up on hours of events keeps the event loop busy for seconds at a time: that is work, not a hang.
            liveness: { http: health('/healthz'), periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 6 },
          },
          resources: simulator.resources,
          mounts: [caMount(secrets.ca), { path: '/tmp', volume: emptyDir('tmp', '64Mi') }],
        },
      ],
    });
    new Autoscaler(this, 'autoscaler', {
      target,
      minReplicas: simulator.minReplicas,
      maxReplicas: simulator.maxReplicas,
      targetCpuPercent: simulator.targetCpuPercent,
    });
    new NetworkBoundary(this, 'network', boundaryOf(config, WORKLOAD.simulator));
    new Verification(this, 'verification', { config, secrets, database });
  }
}
