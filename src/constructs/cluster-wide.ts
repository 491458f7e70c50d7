import { JsonPatch, type ApiObject } from 'cdk8s';

/** For what belongs to no namespace: a chart puts its own into every object. */
export const withoutNamespace = (object: ApiObject): void =>
  object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
