import { get, kubectl } from './cluster';
import { eventually } from '../../support/eventually';

interface JobState {
  readonly status: {
    readonly succeeded?: number;
    readonly failed?: number;
    readonly conditions?: { readonly type: string }[];
  };
}

/** Waits for a Job's end. @returns pods of it that failed before one did not */
export async function untilDone(name: string, seconds: number): Promise<number> {
  return eventually(
    `Job ${name}`,
    seconds,
    async () => {
      const { status } = await get<JobState>(['job', name]);
      if (status.conditions?.some(({ type }) => type === 'Failed')) {
        throw new Error(`failed: ${await kubectl(['logs', `job/${name}`, '--tail=20'])}`);
      }
      return status.succeeded === 1 ? (status.failed ?? 0) : undefined;
    },
    2,
  );
}
