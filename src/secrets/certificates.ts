import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;
export const CA_HOURS = 10 * 365 * 24;
export const LEAF_HOURS = 365 * 24;

/** PEM texts. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** `peer`: a program that accepts connections and opens them with one certificate. */
export type CertificateUsage = 'server' | 'client' | 'peer';

const EXTENDED_USAGES: Readonly<Record<CertificateUsage, x509.ExtendedKeyUsageType[]>> = {
  server: [x509.ExtendedKeyUsage.serverAuth],
  client: [x509.ExtendedKeyUsage.clientAuth],
  peer: [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
};

export interface LeafRequest {
  readonly commonName: string;
  readonly usage: CertificateUsage;
  /** DNS names or addresses. */
  readonly hosts: readonly string[];
  /** @default one year */
  readonly hours?: number;
}

const pem = (tag: string, der: ArrayBuffer): string =>
  `-----BEGIN ${tag}-----\n${Buffer.from(der)
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd()}\n-----END ${tag}-----\n`;

async function newKeys(): Promise<{ keys: webcrypto.CryptoKeyPair; text: string }> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  return { keys, text: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)) };
}

const serialNumber = (): string =>
  // A leading zero bit keeps the number positive, as X.509 wants it.
  `4${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;

/** A little in the past: clocks of nodes differ. */
const startOf = (now: Date): Date => new Date(now.getTime() - 0.1 * HOUR_MS);

/** A new CA. Key usage and key identifiers are those that strict clients, as Python 3.13, ask for. */
export async function createCa(commonName: string, now: Date): Promise<KeyPair> {
  const { keys, text } = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${commonName}`,
    notBefore: startOf(now),
    notAfter: new Date(now.getTime() + CA_HOURS * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: text };
}

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host);

/** A certificate of the CA. */
export async function issue(ca: KeyPair, request: LeafRequest, now: Date): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(ca.certificate);
  const der = x509.PemConverter.decode(ca.key)[0];
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const { keys, text } = await newKeys();
  const names = request.hosts.map((value) => ({ type: isAddress(value) ? ('ip' as const) : ('dns' as const), value }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${request.commonName}`,
    issuer: issuer.subject,
    notBefore: startOf(now),
    notAfter: new Date(now.getTime() + (request.hours ?? LEAF_HOURS) * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(EXTENDED_USAGES[request.usage]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: text };
}

/** DNS names and addresses that a certificate is for. */
export function hostsOf(certificate: string): string[] {
  const names = new x509.X509Certificate(certificate).getExtension(x509.SubjectAlternativeNameExtension)?.names;
  return (names?.toJSON() ?? []).map(({ value }) => value);
}

/** When a certificate ends. */
export const notAfter = (certificate: string): Date => new x509.X509Certificate(certificate).notAfter;
