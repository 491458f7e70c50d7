import type { Answer } from '../support/scripted-cluster';

export interface Lease {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec: { readonly holderIdentity: string; readonly acquireTime: string; readonly renewTime: string };
}

/** The restore's Lease as the API server holds it: one that exists is not created again, and only its present version is changed. */
export class ScriptedLease {
  held: Lease | undefined;
  private version = 100;

  /** @returns undefined where the call is not about the Lease */
  answer(call: string, input: string): ReturnType<Answer> | undefined {
    if (call.startsWith('get lease edtech-restore ')) return this.held === undefined ? '' : JSON.stringify(this.held);
    if (call.startsWith('delete lease edtech-restore ')) {
      this.held = undefined;
      return '';
    }
    if (call.startsWith('create ')) {
      const { kind, ...created } = JSON.parse(input) as Lease & { kind: string };
      return kind === 'Lease' ? this.create(created) : undefined;
    }
    if (call.startsWith('patch lease edtech-restore ')) {
      return this.patch(JSON.parse(/--patch=(.*)$/.exec(call)![1]) as Lease);
    }
    return undefined;
  }

  private create({ spec }: Lease): ReturnType<Answer> {
    if (this.held !== undefined) return { code: 1, stderr: 'Error from server (AlreadyExists): it exists\n' };
    this.held = { metadata: this.nextVersion(), spec };
    return '';
  }

  private patch({ metadata, spec }: Lease): ReturnType<Answer> {
    if (this.held?.metadata.resourceVersion !== metadata.resourceVersion) {
      return { code: 1, stderr: 'Error from server (Conflict): the object has been modified\n' };
    }
    this.held = { metadata: this.nextVersion(), spec: { ...this.held.spec, ...spec } };
    return '';
  }

  private nextVersion(): Lease['metadata'] {
    return { resourceVersion: `${++this.version}` };
  }
}
