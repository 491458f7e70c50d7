import { buildDashboards } from '../../dashboards';
import { metricsOf, metricsUsed } from '../../dashboards/lib/metrics';

/** Rules of Prometheus make these from other metrics. */
const RECORDED = /^[a-z_]+:[a-z0-9_:]+$/;
/** Prefixes of those who export: the simulator, our exporter, Airflow, Patroni, exporters, the kubelet, Loki, the collector. */
const EXPORTERS = /^(edtech|airflow|patroni|pg|pgbackrest|kube|kubelet|container|grafana|loki|otelcol)_[a-z0-9_]+$/;

describe('the list of metrics that the dashboards read', () => {
  const used = metricsUsed(buildDashboards());

  it('names metrics and nothing else of a query', () => {
    expect(
      metricsOf('sum by (pod, container) (increase(a_total{namespace="x, y_total", container!=""}[1h])) > 0'),
    ).toEqual(['a_total']);
    expect(metricsOf('max(a_bytes{b=~"c"}) / on (pod) group_left (node) scalar(max(slo:budget_left)) * 1e3')).toEqual([
      'a_bytes',
      'slo:budget_left',
    ]);
    expect(metricsOf('time() - min(a_seconds) or vector(1)')).toEqual(['a_seconds']);
    expect(metricsOf('rate(a_total[$__rate_interval]) unless b offset 5m')).toEqual(['a_total', 'b']);
  });

  it('holds every query of Prometheus, each with at least one metric of a known exporter or rule', () => {
    const names = [...used.keys()];
    expect(names.filter((name) => !EXPORTERS.test(name) && !RECORDED.test(name) && name !== 'ALERTS')).toEqual([]);
    const panels = new Set([...used.values()].flat());
    for (const { uid, panels: all } of buildDashboards())
      for (const { key } of all.filter(({ source }) => source === 'prometheus'))
        expect(panels).toContain(`${uid}/${key}`);
    expect(used.get('edtech_ingest_watermark_timestamp_seconds')).toEqual(['ops-slo/freshness']);
  });
});
