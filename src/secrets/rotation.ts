import { OWNER, ROTATABLE, type Consumer, type SecretCatalogue, type SecretId } from './catalogue';
import { announceOwner, handToOwner, replaceValues, retireLogin, swapLogin, type Change } from './rotate';
import type { SecretStore } from './store';

/** What can be rotated: a consumer of the database or a Secret. */
export type Target = Consumer | SecretId;

type InHalves = SecretStore['retiring'][number];

/** Whether something is rotated in two halves, with an apply between them. */
export const isInHalves = (target: Target): target is InHalves => ROTATABLE.includes(target);

/** Several changes of a store, one after the other. */
function all(
  store: SecretStore,
  targets: readonly Target[],
  change: (from: SecretStore, of: Target) => Change,
): Change {
  return targets.reduce<Change>(
    (done, target) => {
      const next = change(done.store, target);
      return { store: next.store, changed: [...new Set([...done.changed, ...next.changed])] };
    },
    { store, changed: [] },
  );
}

/** The targets that a call before this one has changed for the last time, but not yet seen in force. */
export const closing = (store: SecretStore, targets: readonly Target[]): Target[] =>
  targets.filter((target) => store.unapplied?.includes(target));

/** First half: consumers that have not moved yet move to their other login, the owner gets another password, Secrets get new values. */
export function beginRotation(store: SecretStore, catalogue: SecretCatalogue, targets: readonly Target[]): Change {
  return all(store, targets, (from, target) => {
    if (!isInHalves(target)) return replaceValues(from, catalogue, target);
    if (from.retiring.includes(target)) return { store: from, changed: [] };
    return target === OWNER ? announceOwner(from) : swapLogin(from, catalogue, target);
  });
}

/** Second half, once the first is in force: the logins that consumers left are closed, migrations get the owner's password. Secrets have only one half. */
export function finishRotation(store: SecretStore, catalogue: SecretCatalogue, targets: readonly Target[]): Change {
  return all(store, targets.filter(isInHalves), (from, target) =>
    target === OWNER ? handToOwner(from) : retireLogin(from, catalogue, target as Consumer),
  );
}

/** Targets whose last half is written by `beginRotation`. */
export const haveOneHalf = (targets: readonly Target[]): Target[] => targets.filter((target) => !isInHalves(target));

/** Remembers that the last change of targets has to come into force: until then they must not be rotated again. */
export const awaiting = ({ store, changed }: Change, targets: readonly Target[]): Change => ({
  store: { ...store, unapplied: [...new Set([...(store.unapplied ?? []), ...targets])] },
  changed,
});

/** What was applied and seen in force has nothing left to wait for. */
export const allInForce = (store: SecretStore): SecretStore => ({ ...store, unapplied: [] });
