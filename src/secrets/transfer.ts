import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';

interface Sealed {
  readonly format: 'edtech-stream-secrets-1';
  readonly salt: string;
  readonly nonce: string;
  readonly tag: string;
  readonly data: string;
}

const FORMAT = 'edtech-stream-secrets-1';
const MIN_PASSPHRASE = 16;
const CIPHER = 'aes-256-gcm';
/** The whole tag: unless told, Node takes one of 4 bytes as well, which a forger finds in 2³² tries. */
const WHOLE_TAG = { authTagLength: 16 } as const;

const keyOf = (passphrase: string, salt: Buffer): Buffer =>
  scryptSync(passphrase, salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 2 ** 20 });

/** Text encrypted and authenticated with a passphrase, for a safe outside the cluster. */
export function seal(text: string, passphrase: string): string {
  if (passphrase.length < MIN_PASSPHRASE) {
    throw new Error(`passphrase has ${passphrase.length} characters; at least ${MIN_PASSPHRASE}`);
  }
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, keyOf(passphrase, salt), nonce, WHOLE_TAG);
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const sealed: Sealed = {
    format: FORMAT,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  };
  return `${JSON.stringify(sealed, null, 2)}\n`;
}

/** @throws Error for another format, a wrong passphrase or a changed file */
export function unseal(sealedText: string, passphrase: string): string {
  const sealed = JSON.parse(sealedText) as Partial<Sealed>;
  if (sealed.format !== FORMAT) throw new Error(`not an export of secrets: format ${sealed.format}, allowed ${FORMAT}`);
  const { salt, nonce, tag, data } = sealed as Sealed;
  const key = keyOf(passphrase, Buffer.from(salt, 'base64'));
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, 'base64'), WHOLE_TAG);
  try {
    decipher.setAuthTag(Buffer.from(tag, 'base64'));
    return Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new Error('the passphrase is wrong or the export was changed', { cause: error });
  }
}
