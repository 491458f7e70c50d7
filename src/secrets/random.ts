import { randomBytes } from 'node:crypto';

/** 32 letters and digits: 190 bits, and nothing that a URL, a shell or a connection string would need to quote. */
export function randomPassword(length = 32): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let password = '';
  while (password.length < length) {
    for (const byte of randomBytes(length)) {
      // Bytes beyond the last whole multiple would favour the first letters.
      if (byte < 248 && password.length < length) password += alphabet[byte % alphabet.length];
    }
  }
  return password;
}

/** Key of the Fernet scheme: 32 bytes in URL-safe base64 with padding. */
export const randomFernetKey = (): string => randomBytes(32).toString('base64').replace(/\+/g, '-').replace(/\//g, '_');

export const randomLongKey = (): string => randomPassword(64);
