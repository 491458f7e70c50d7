import type { KubeObject } from './objects';

/** A rule over all objects of an environment; returns what breaks it, by object. */
export interface Rule {
  /** Completes the sentence "every rendered environment …". */
  readonly title: string;
  readonly check: (objects: readonly KubeObject[]) => string[];
  /** Objects of a good environment, changed so that the rule must find something. */
  readonly broken: (objects: KubeObject[]) => KubeObject[];
  /** Part of the message that the broken environment must give. */
  readonly finds: string;
}

/** A changed copy of the objects that fit; fails when none does, since a fixture that changes nothing proves nothing. */
export function change<T extends KubeObject>(
  objects: readonly KubeObject[],
  fits: (object: KubeObject) => boolean,
  edit: (object: T) => void,
): KubeObject[] {
  const copy = JSON.parse(JSON.stringify(objects)) as KubeObject[];
  const target = copy.find(fits);
  if (target === undefined) throw new Error('the fixture finds no object to break');
  edit(target as T);
  return copy;
}

export const byName =
  (kind: string, name: string) =>
  (object: KubeObject): boolean =>
    object.kind === kind && object.metadata.name === name;
