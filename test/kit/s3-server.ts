import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  request as ask,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { refusalOf } from './s3-signature.ts';
import { until } from './wait.ts';

/**
 * An S3-compatible store (s3rver) on loopback, in a process of its own. What it cannot do and a real store does: check Version 4
 * signatures and the hash of a body (done here, in front of it), compare the ETags of parts when it joins them, refuse parts
 * below 5 MiB, and call a multipart upload off.
 */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Keys that begin with this, in their order. */
  keys(prefix: string): Promise<readonly string[]>;
  /** Stops answering, as a network that fails. */
  stop(): Promise<void>;
  /** Answers again, at the same place and with the same objects. */
  start(): Promise<void>;
}

/** The only key that s3rver knows. */
const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
const bucket = 'recordings';

/** Starts a store with an empty bucket. */
export async function startS3Server(): Promise<S3Server> {
  const root = await mkdtemp(join(tmpdir(), 's3-'));
  let port = 0;
  let open: { readonly front: Server; readonly store: Store } | undefined;
  const start = async (): Promise<void> => {
    const store = await startStore(root);
    const front = createServer((request, response) => {
      forward(request, response, store.port).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    });
    front.listen(port, '127.0.0.1');
    await once(front, 'listening').catch(async (error: unknown) => {
      await store.end();
      throw error;
    });
    ({ port } = front.address() as AddressInfo);
    open = { front, store };
  };
  const stop = async (): Promise<void> => {
    if (!open) return;
    const { front, store } = open;
    open = undefined;
    const closed = once(front, 'close');
    front.close();
    front.closeAllConnections();
    await closed;
    await store.end();
  };
  await start();
  return {
    ...{ endpoint: `http://127.0.0.1:${port}`, bucket, start, stop, ...keys },
    async keys(prefix) {
      if (!open) throw new Error('the store does not run');
      // Behind the check: who asks is the test itself.
      const url = `http://127.0.0.1:${open.store.port}/${bucket}?prefix=${encodeURIComponent(prefix)}`;
      const listed = await fetch(url, { signal: AbortSignal.timeout(20_000) });
      if (!listed.ok) throw new Error(`no list of objects: ${listed.status}`);
      return [...(await listed.text()).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The process, at whatever port was free. */
interface Store {
  readonly port: number;
  end(): Promise<void>;
}

async function startStore(directory: string): Promise<Store> {
  const program = fileURLToPath(import.meta.resolve('s3rver/bin/s3rver.js'));
  const place = ['--directory', directory, '--address', '127.0.0.1', '--port', '0', '--no-vhost-buckets'];
  const args = [program, ...place, '--silent', '--configure-bucket', bucket];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      said = (said + String(bytes)).slice(-2_000);
    });
  const exited = once(child, 'exit');
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  try {
    const port = await until(
      'the store listens',
      () => {
        if (child.exitCode !== null) throw new Error(`the store ended: ${said}`);
        return /listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      },
      { timeoutMs: 20_000, everyMs: 20, detail: () => said },
    );
    return { port: Number(port), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Hands on what is signed as it should be. */
async function forward(request: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  const body = await buffer(request);
  const refusal = refusalOf(request, body, keys.secretAccessKey);
  if (refusal) {
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${refusal}</Code><Message>Refused.</Message></Error>`);
    return;
  }
  const { method, url: path, headers } = request;
  const signal = AbortSignal.timeout(30_000);
  const onward = ask({ host: '127.0.0.1', port, method, path, headers, agent: false, signal });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  await pipeline(answer, response);
}
