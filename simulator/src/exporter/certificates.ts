import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../logger';

const SUFFIX = '.crt';
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Milliseconds at which the first certificate of a chain ends. @throws Error where the file holds none */
function endOf(file: string): number {
  const chain = readFileSync(file, 'utf8').match(PEM);
  if (chain === null) throw new Error(`${file} holds no certificate; allowed is PEM`);
  return Math.min(...chain.map((pem) => Date.parse(new X509Certificate(pem).validTo)));
}

/**
 * When the certificates of a folder end, one file `NAME.crt` each. They are read with each scrape, since a site may replace what a Secret holds.
 * One that cannot be read counts as ended: whoever uses it will not start again.
 */
export function watchCertificates(directory: string, registry: Registry, log: Logger): void {
  const said = new Set<string>();
  new Gauge({
    name: 'edtech_certificate_end_timestamp_seconds',
    help: 'When a certificate ends, or the first of its chain; 0 for one that cannot be read',
    labelNames: ['certificate'],
    registers: [registry],
    collect() {
      this.reset();
      for (const file of readdirSync(directory).filter((name) => name.endsWith(SUFFIX))) {
        const labels = { certificate: file.slice(0, -SUFFIX.length) };
        try {
          this.set(labels, endOf(path.join(directory, file)) / 1000);
        } catch (err) {
          this.set(labels, 0);
          if (!said.has(String(err))) log.error({ err }, 'certificate cannot be read');
          said.add(String(err));
        }
      }
    },
  });
}
