import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Exposure, PageSettings } from '../src/config/types';
import type { ClusterServiceProps, ServiceEndpoint } from '../src/constructs/service';
import { workloadLabels } from '../src/labels';
import { ComponentChart } from './context';

/** How the Service of one of the two pages is reached from outside. */
export function pageExposure(exposure: Exposure, page: 'grafana' | 'airflow'): ClusterServiceProps['exposure'] {
  if (exposure.kind === 'Ingress') return { type: 'ClusterIP' };
  if (exposure.kind === 'LoadBalancer') return { type: 'LoadBalancer' };
  return { type: 'NodePort', nodePort: page === 'grafana' ? exposure.grafanaPort : exposure.airflowPort };
}

export interface PageIngressProps {
  readonly name: string;
  readonly host: string;
  readonly backend: ServiceEndpoint;
  readonly pages: PageSettings;
}

/** Ingress of a page; nothing where the page is exposed in another way. */
export class PageIngress extends Construct {
  constructor(chart: ComponentChart, id: string, props: PageIngressProps) {
    super(chart, id);
    const { exposure } = props.pages;
    if (exposure.kind !== 'Ingress') return;
    new k8s.KubeIngress(this, 'ingress', {
      metadata: { name: props.name, labels: { ...workloadLabels(chart.labels, props.name) } },
      spec: {
        ingressClassName: exposure.className,
        tls: [{ hosts: [props.host], secretName: exposure.tlsSecret }],
        rules: [
          {
            host: props.host,
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: props.name, port: { number: props.backend.port } } },
                },
              ],
            },
          },
        ],
      },
    });
  }
}
