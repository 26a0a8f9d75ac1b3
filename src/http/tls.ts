import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import path from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { watch } from 'chokidar';
import { Failure } from '#src/core/failure.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';

/** Where certificate and key are. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate with its key: read, and proved to belong together. */
export interface TlsPair {
  readonly context: SecureContextOptions;
  readonly fingerprint: string;
  /** Tells whether the files changed at all. */
  readonly digest: string;
  readonly validTo: string;
}

/** Certificate and key are written one after the other; they are read once both have been still this long. */
const settleMs = 300;

/** Reads a pair; throws `tls-unusable` for files that are missing, broken or do not belong together. */
export async function readTlsPair({ certFile, keyFile }: TlsFiles): Promise<TlsPair> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    const leaf = new X509Certificate(cert);
    if (!leaf.checkPrivateKey(createPrivateKey(key))) throw tlsUnusable('the certificate is of another key');
    // RFC 8996 took the versions before 1.2 out of service.
    const context = { cert, key, minVersion: 'TLSv1.2' } as const;
    createSecureContext(context); // throws for what OpenSSL does not take, e.g. a key that is too short
    const digest = createHash('sha256').update(cert).update(key).digest('base64');
    return { context, fingerprint: leaf.fingerprint256, digest, validTo: leaf.validTo };
  } catch (error) {
    if (error instanceof Failure) throw error;
    // The message names the file or OpenSSL's complaint, never the key.
    throw tlsUnusable(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Follows the files while the server runs: new connections get the new certificate, those that are open live on. A pair that
 * is no good changes nothing and is named in the log. SIGHUP reads them at once, for file systems that tell nobody.
 */
export async function followTlsFiles(
  server: Pick<Server, 'setSecureContext'>,
  files: TlsFiles,
  { first, log }: { readonly first: TlsPair; readonly log: Log },
): Promise<AsyncDisposable> {
  const life = new Lifetime();
  const reloader = new Reloader(server, files, { first, log });
  life.defer(() => reloader.stop());
  // Tools replace links and whole folders of links, so the folders are watched beside the files.
  const { certFile, keyFile } = files;
  const places = new Set([certFile, keyFile, path.dirname(certFile), path.dirname(keyFile)]);
  const watcher = watch([...places], { ignoreInitial: true, depth: 0 });
  life.defer(() => watcher.close());
  watcher.on('all', () => reloader.soon());
  watcher.on('error', (error) => log.warn({ error: String(error) }, 'the TLS files cannot be watched'));
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  const now = (): void => reloader.soon();
  process.on('SIGHUP', now);
  life.defer(() => process.off('SIGHUP', now));
  return { [Symbol.asyncDispose]: () => life.end() };
}

/** Reads the pair again, one reading at a time, when it has been still for a moment. */
class Reloader {
  readonly #server: Pick<Server, 'setSecureContext'>;
  readonly #files: TlsFiles;
  readonly #log: Log;
  #digest: string;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    server: Pick<Server, 'setSecureContext'>,
    files: TlsFiles,
    { first, log }: { readonly first: TlsPair; readonly log: Log },
  ) {
    this.#server = server;
    this.#files = files;
    this.#log = log;
    this.#digest = first.digest;
  }

  soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running = this.#running.then(() => this.#reload());
    }, settleMs);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #reload(): Promise<void> {
    try {
      const { context, fingerprint, digest, validTo } = await readTlsPair(this.#files);
      if (digest === this.#digest) return;
      this.#server.setSecureContext(context);
      this.#digest = digest;
      this.#log.info({ fingerprint, validTo }, 'a new TLS certificate is in use');
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#log.error({ problem }, 'the changed TLS files are no good; the old certificate stays');
    }
  }
}

const tlsUnusable = (why: string): Failure =>
  new Failure(
    'invalid',
    'tls-unusable',
    `certificate and key cannot be used: ${why}; see http.tlsCertFile and http.tlsKeyFile`,
  );
