import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { Target } from '../model';
import { SOURCES, type SourceName } from '../sources';

/** A query of a panel in the shape that the data source's plugin reads. The SDK has no class for PostgreSQL. */
export class TargetQuery implements Builder<Dataquery> {
  constructor(
    private readonly source: SourceName,
    private readonly target: Target,
  ) {}

  build(): Dataquery {
    const { refId, query, format, legend, instant } = this.target;
    const { uid, type } = SOURCES[this.source];
    const common = { refId, datasource: { type, uid } };
    if (type === 'grafana-postgresql-datasource') {
      return plain({ ...common, rawSql: query, rawQuery: true, editorMode: 'code', format });
    }
    const legendFormat = legend ?? '__auto';
    if (type === 'prometheus') {
      return plain({
        ...common,
        expr: query,
        format,
        editorMode: 'code',
        legendFormat,
        range: !instant,
        instant: instant === true,
      });
    }
    return plain({
      ...common,
      expr: query,
      editorMode: 'code',
      legendFormat,
      queryType: instant ? 'instant' : 'range',
    });
  }
}

/** Data queries are told apart by a marker method that has no place in JSON. */
function plain(query: object): Dataquery {
  return query as unknown as Dataquery;
}
