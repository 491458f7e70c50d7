import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Exposure, PageSettings } from '../src/config/types';
import type { ClusterServiceProps, ServiceEndpoint } from '../src/constructs/service';
import { workloadLabels } from '../src/labels';
import { PORT } from '../src/names';
import { ComponentChart } from './context';

export type Page = 'grafana' | 'airflow';

/** Address under which people open a page, without a slash at the end; logins are sent back to it. */
export function pageUrl(pages: PageSettings, page: Page): string {
  const { exposure, tls, grafanaHost, airflowHost } = pages;
  const port = exposure.kind === 'NodePort' ? nodePort(exposure, page) : PORT[page];
  return `${tls === 'off' ? 'http' : 'https'}://${page === 'grafana' ? grafanaHost : airflowHost}${exposure.kind === 'Ingress' ? '' : `:${port}`}`;
}

const nodePort = (exposure: Extract<Exposure, { kind: 'NodePort' }>, page: Page): number =>
  page === 'grafana' ? exposure.grafanaPort : exposure.airflowPort;

/** How the Service of one of the two pages is reached from outside. */
export function pageExposure(exposure: Exposure, page: Page): ClusterServiceProps['exposure'] {
  if (exposure.kind === 'Ingress') return { type: 'ClusterIP' };
  if (exposure.kind === 'LoadBalancer') return { type: 'LoadBalancer' };
  return { type: 'NodePort', nodePort: nodePort(exposure, page) };
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
