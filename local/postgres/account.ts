import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ForeignFilesError, isInitialised } from './data-directory';

/** An operating system account that the server runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root; these existing unprivileged accounts are tried in this order. */
const CANDIDATES = ['postgres', 'nobody'];

/**
 * The account to run the server as: `undefined` (ourselves) unless we are root.
 * @throws Error if we are root and the machine has none of the candidates; no account is created
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = existing();
  for (const candidate of CANDIDATES) {
    const account = accounts.find(({ name }) => name === candidate);
    if (account) return account;
  }
  throw new Error(`PostgreSQL cannot run as root and /etc/passwd has none of the accounts ${CANDIDATES.join(', ')}`);
}

/**
 * The account to run the server of a data directory as. For root that is the owner of one that is there: to any other account it is closed.
 * @throws ForeignFilesError if root owns it
 */
export function accountFor(dataDirectory: string): Account | undefined {
  if (process.getuid?.() !== 0 || !isInitialised(dataDirectory)) return serverAccount();
  const { uid, gid } = statSync(dataDirectory);
  if (uid === 0) {
    throw new ForeignFilesError(
      `${dataDirectory} belongs to root, and PostgreSQL refuses to run as root: give it to another account (chown -R), or choose another folder`,
    );
  }
  const name = existing().find((account) => account.uid === uid)?.name ?? `number ${uid}`;
  return { name, uid, gid };
}

const existing = (): Account[] => accountsOf(readFileSync('/etc/passwd', 'utf8'));

/** Accounts of a passwd file. macOS writes the numbers of `nobody` there as -2; files have them without a sign. */
export const accountsOf = (passwd: string): Account[] =>
  passwd
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length > 3)
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }));

/** Whether the account can enter `directory`: it needs the x bit of it and of each of its parents. */
export function canEnter(directory: string, account: Account | undefined): boolean {
  for (let current = path.resolve(directory); ; current = path.dirname(current)) {
    if (account === undefined) {
      try {
        accessSync(current, constants.X_OK);
      } catch {
        return false;
      }
    } else {
      const { mode, uid, gid } = statSync(current);
      const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
      if (((mode >> shift) & 1) === 0) return false;
    }
    if (current === path.dirname(current)) return true;
  }
}
