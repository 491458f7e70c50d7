import { cpus, totalmem } from 'node:os';

/** What the absolute values were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly postgres: string;
}

/** @param postgres the server's version, such as 17.10 */
export function thisMachine(postgres: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    postgres,
  };
}

export function describeMachine({ cpu, cores, memoryGiB, platform, node, postgres }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node.js ${node}, PostgreSQL ${postgres}`;
}
