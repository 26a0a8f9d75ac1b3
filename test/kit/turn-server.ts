import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from './wait.ts';

/** coturn as an operator runs it for us: logins made from a secret that both sides know. */
export interface TurnServer extends AsyncDisposable {
  /** For TURN over UDP and over TCP. */
  readonly port: number;
  /** What it printed last. */
  readonly logs: readonly string[];
}

const logLimit = 200;
const startTimeoutMs = 15_000;

/** Starts Debian's coturn on one address, with nothing of the machine's own configuration. */
export async function startTurnServer(ip: string, secret: string): Promise<TurnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'turn-'));
  const port = await freePort(ip);
  const child = spawn(
    'turnserver',
    [
      '-n',
      `--listening-ip=${ip}`,
      `--relay-ip=${ip}`,
      `--listening-port=${port}`,
      '--use-auth-secret',
      `--static-auth-secret=${secret}`,
      '--realm=frontrow.example',
      '--no-cli',
      '--no-tls',
      '--no-dtls',
      '--log-file=stdout',
      `--pidfile=${join(folder, 'pid')}`,
      `--userdb=${join(folder, 'users')}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const logs: string[] = [];
  for (const pipe of [child.stdout, child.stderr])
    pipe.setEncoding('utf8').on('data', (text: string) => {
      logs.push(...text.split('\n'));
      logs.splice(0, Math.max(0, logs.length - logLimit));
    });
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
  failed.catch(() => undefined); // heard below, or there is nobody to hear it any more
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const server = {
    port,
    logs,
    async [Symbol.asyncDispose]() {
      process.off('exit', endWithUs);
      if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
      await rm(folder, { recursive: true });
    },
  };
  try {
    const listening = until('coturn listens', () => answers(ip, port), {
      timeoutMs: startTimeoutMs,
      detail: () => logs.slice(-10),
    });
    await Promise.race([listening, failed]);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function answers(ip: string, port: number): Promise<boolean> {
  const socket = connect(port, ip);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false; // not yet
  } finally {
    socket.destroy();
  }
}

/** A port that is free for UDP and TCP. */
async function freePort(ip: string): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const tcp = createServer().listen(0, ip);
    await once(tcp, 'listening');
    const { port } = tcp.address() as { port: number };
    const udp = createSocket('udp4');
    const bound = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(port, ip, () => resolve(true));
    });
    udp.close();
    tcp.close();
    await once(tcp, 'close');
    if (bound) return port;
  }
  throw new Error('no port is free for both UDP and TCP');
}
