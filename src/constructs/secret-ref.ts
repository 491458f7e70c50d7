/** A Secret that something else makes; consumers name keys, never the object's name by hand. */
export interface SecretRef {
  /** Name of the object, revision included. */
  readonly name: string;
  /** Keys that it holds. */
  readonly keys: readonly string[];
}

/** One key of a Secret. */
export interface SecretValue {
  readonly secretName: string;
  readonly key: string;
}

/**
 * A key of a Secret.
 * @throws Error where the Secret has no such key
 */
export function secretValue(secret: SecretRef, key: string): SecretValue {
  if (!secret.keys.includes(key)) {
    throw new Error(`secret ${secret.name} has no key '${key}'; it has ${secret.keys.join(', ')}`);
  }
  return { secretName: secret.name, key };
}
