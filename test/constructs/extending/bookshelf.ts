import type { App } from 'cdk8s';
import { ComponentChart } from '../../../charts/context';
import type { PlatformConfig } from '../../../src/config/types';
import { FileConfigMap } from '../../../src/constructs/file-config-map';
import { NetworkBoundary } from '../../../src/constructs/network-boundary';
import { configMapVolume, emptyDir } from '../../../src/constructs/volumes';
import { WebService } from '../../../src/constructs/web-service';
import { PRIORITY, WORKLOAD } from '../../../src/names';

const PORT = 8080;

/** A page with reading lists, asked by Grafana only. */
export class BookshelfChart extends ComponentChart {
  constructor(app: App, config: PlatformConfig) {
    super(app, { config, id: '70-bookshelf', component: 'bookshelf', version: '1.0.0' });
    const lists = new FileConfigMap(this, 'lists', { name: 'edtech-bookshelf-lists', files: { 'lists.json': '[]' } });
    const health = (path: string) => ({ path, port: PORT });
    const page = new WebService(this, 'page', {
      name: 'edtech-bookshelf',
      replicas: 2,
      maxUnavailable: 1,
      port: PORT,
      user: 1000,
      priorityClassName: PRIORITY.service,
      containers: [
        {
          name: 'bookshelf',
          image: 'example/bookshelf:1.0.0',
          ports: { http: PORT },
          probes: {
            startup: { http: health('/healthz'), periodSeconds: 2, failureThreshold: 30 },
            readiness: { http: health('/readyz'), periodSeconds: 5, failureThreshold: 3 },
          },
          resources: { cpuRequest: '10m', cpuLimit: '500m', memoryRequest: '48Mi', memoryLimit: '96Mi' },
          mounts: [
            { path: '/lists', volume: configMapVolume('lists', lists.name), readOnly: true },
            { path: '/tmp', volume: emptyDir('tmp', '16Mi') },
          ],
        },
      ],
    });
    new NetworkBoundary(this, 'network', {
      workload: page.workload.name,
      ingress: [{ peer: { workload: WORKLOAD.grafana }, ports: [PORT] }],
      egress: [],
    });
  }
}
