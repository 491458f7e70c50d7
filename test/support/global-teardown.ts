import { rmSync } from 'node:fs';
import path from 'node:path';
import { SERVER_FILE_VARIABLE } from './database';

export default function globalTeardown(): void {
  (globalThis as { stopTestServer?: () => void }).stopTestServer?.();
  const file = process.env[SERVER_FILE_VARIABLE];
  if (file !== undefined) rmSync(path.dirname(file), { recursive: true });
}
