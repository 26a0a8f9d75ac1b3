import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './wait.ts';

/** A real S3-compatible server (Versity S3 Gateway) on loopback; objects are plain files. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where the objects of the bucket are. */
  readonly folder: string;
  /** Stops answering, as a network that fails. */
  stop(): Promise<void>;
  /** Answers again, at the same place. */
  start(): Promise<void>;
}

const version = 'v1.8.0';
const keys = { accessKeyId: 'test-access', secretAccessKey: 'test-secret-of-nobody' };

/** Starts the server with an empty bucket; builds it first where it is not there (a Go compiler is needed, and minutes). */
export async function startS3Server(): Promise<S3Server> {
  const program = await findProgram();
  const root = await mkdtemp(join(tmpdir(), 's3-'));
  const bucket = 'recordings';
  const folder = join(root, 'objects', bucket);
  await mkdir(folder, { recursive: true });
  await mkdir(join(root, 'iam'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  let end: (() => Promise<void>) | undefined;
  const start = async (): Promise<void> => {
    const args = ['--port', `127.0.0.1:${port}`, '--iam-dir', join(root, 'iam'), '--quiet', 'posix'];
    const sidecar = ['--sidecar', join(root, 'sidecar')];
    await mkdir(join(root, 'sidecar'), { recursive: true });
    const child = spawn(program, [...args, ...sidecar, join(root, 'objects')], {
      env: {
        ...process.env,
        ROOT_ACCESS_KEY: keys.accessKeyId,
        ROOT_SECRET_KEY: keys.secretAccessKey,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said = (said + String(bytes)).slice(-2_000);
    });
    const exited = once(child, 'exit');
    end = async () => {
      child.kill('SIGKILL');
      await exited;
    };
    await until(
      'the S3 server answers',
      async () => {
        if (child.exitCode !== null) throw new Error(`the S3 server ended: ${said}`);
        return fetch(endpoint, { signal: AbortSignal.timeout(1_000) }).then(
          () => true,
          () => false,
        );
      },
      { timeoutMs: 20_000, everyMs: 50, detail: () => said },
    );
  };
  const stop = async (): Promise<void> => {
    await end?.();
    end = undefined;
  };
  await start();
  return {
    ...{ endpoint, bucket, folder, start, stop, ...keys },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function findProgram(): Promise<string> {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'frontrow-test');
  const program = process.env['VERSITYGW_PATH'] ?? join(folder, `versitygw-${version}`, 'versitygw');
  const there = await access(program).then(
    () => true,
    () => false,
  );
  if (there) return program;
  const env = { ...process.env, GOBIN: join(folder, `versitygw-${version}`) };
  const source = `github.com/versity/versitygw/cmd/versitygw@${version}`;
  await promisify(execFile)('go', ['install', source], { env, timeout: 20 * 60_000 });
  return program;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}
