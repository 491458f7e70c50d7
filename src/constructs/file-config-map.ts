import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { workloadLabels } from '../labels';
import { contentHash } from './content-hash';

/** A ConfigMap may hold 1 MiB in all; a part is for names and metadata. */
const MAX_BYTES = 1_000_000;

export interface FileConfigMapProps {
  readonly name: string;
  /** @default the chart's */
  readonly namespace?: string;
  /** Content by file name. */
  readonly files: Readonly<Record<string, string>>;
  /**
   * `roll`: immutable, with a hash of the content in its name, so that a change rolls the pods that use it;
   * `in-place`: fixed name, for programs that read changed files again by themselves.
   * @default 'roll'
   */
  readonly onChange?: 'roll' | 'in-place';
}

/** Files as a ConfigMap. */
export class FileConfigMap extends Construct {
  /** Name of the object, hash included. */
  readonly name: string;

  constructor(scope: Construct, id: string, props: FileConfigMapProps) {
    super(scope, id);
    const bytes = Object.values(props.files).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
    if (bytes > MAX_BYTES) {
      throw new Error(`config map ${props.name} has ${bytes} bytes; allowed ${MAX_BYTES}, split it by folder`);
    }
    const roll = (props.onChange ?? 'roll') === 'roll';
    this.name = roll ? `${props.name}-${contentHash(props.files)}` : props.name;
    new k8s.KubeConfigMap(this, 'config-map', {
      metadata: {
        name: this.name,
        namespace: props.namespace,
        labels: { ...workloadLabels(Chart.of(this).labels, props.name) },
      },
      immutable: roll ? true : undefined,
      data: { ...props.files },
    });
  }
}

/**
 * Content of the files of a folder with one of the endings, by file name.
 * @param endings with the dot, for example `.sql`
 */
export function readFiles(directory: string, endings: readonly string[]): Record<string, string> {
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => entry.name)
    .sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(directory, name), 'utf8')]));
}
