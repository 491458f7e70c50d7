import path from 'node:path';
import type { App } from 'cdk8s';
import type { PlatformConfig } from '../src/config/types';
import { FileConfigMap, readFiles } from '../src/constructs/file-config-map';
import { HashedJob } from '../src/constructs/hashed-job';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import type { ServiceEndpoint } from '../src/constructs/service';
import { configMapVolume, emptyDir } from '../src/constructs/volumes';
import { DATABASE, PRIORITY, WORKLOAD } from '../src/names';
import { ROOT } from '../src/root';
import { ComponentChart, type SecretRefs } from './context';
import { caMount, PATIENT, simulatorConnection } from './database-client';
import { boundaryOf } from './flows';
import { SIMULATOR_UID, streamSettings } from './simulator-settings';
import { migrated, waitFor } from './wait-for';

const SQL_DIRECTORY = '/sql/migrations';

export interface MigrationsChartProps {
  readonly secrets: SecretRefs;
  readonly primary: ServiceEndpoint;
}

/** Schema and history: Jobs that go forward only, named by image and SQL. */
export class MigrationsChart extends ComponentChart {
  /** Query with one boolean: whether the schema is that of this release. */
  readonly schemaReady: string;

  constructor(app: App, config: PlatformConfig, { secrets, primary }: MigrationsChartProps) {
    const { images, simulator } = config;
    super(app, { config, id: '20-migrations', component: 'migrations', version: images.simulator.tag });
    const files = readFiles(path.join(ROOT, 'sql/migrations'), ['.sql']);
    const sql = new FileConfigMap(this, 'sql', { name: 'edtech-sql-migrations', files });
    this.schemaReady = migrated(Object.keys(files).length);
    const shared = {
      user: SIMULATOR_UID,
      priorityClassName: PRIORITY.batch,
    };
    const database = { endpoint: primary, database: DATABASE.edtech };
    const tmp = { path: '/tmp', volume: emptyDir('tmp', '64Mi') };
    new HashedJob(this, 'migrate', {
      ...shared,
      name: WORKLOAD.migrations,
      containers: [
        {
          name: 'migrate',
          image: images.simulator.reference,
          args: ['migrate', '--sql', SQL_DIRECTORY],
          env: { ...simulatorConnection({ ...database, login: secrets.owner }), ...PATIENT },
          resources: simulator.resources,
          mounts: [
            { path: SQL_DIRECTORY, volume: configMapVolume('sql', sql.name), readOnly: true },
            caMount(secrets.ca),
            tmp,
          ],
        },
      ],
    });
    new HashedJob(this, 'backfill', {
      ...shared,
      name: WORKLOAD.backfill,
      initContainers: [
        waitFor(config, secrets, {
          ...database,
          login: secrets.simulator,
          name: 'wait-for-schema',
          condition: this.schemaReady,
        }),
      ],
      containers: [
        {
          name: 'backfill',
          image: images.simulator.reference,
          // Without a target it is the Job's first start, kept in the database: a restart goes on to the same instant.
          args: ['backfill'],
          env: {
            ...simulatorConnection({ ...database, login: secrets.simulator }),
            ...streamSettings(simulator),
            ...PATIENT,
          },
          resources: simulator.backfillResources,
          mounts: [caMount(secrets.ca), tmp],
        },
      ],
    });
    for (const workload of [WORKLOAD.migrations, WORKLOAD.backfill]) {
      new NetworkBoundary(this, `network-${workload}`, boundaryOf(config, workload));
    }
  }
}
