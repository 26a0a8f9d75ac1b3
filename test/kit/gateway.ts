import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freeTcpPort } from './free-port.ts';
import { until } from './wait.ts';

/** Node's options as `npm start` gives them; a house test holds them to it. */
const nodeArgs = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'];

/** A gateway in a process of its own, as `npm start` runs it. */
export interface Gateway extends AsyncDisposable {
  /** For example http://127.0.0.1:40123. */
  readonly origin: string;
  readonly rtcPort: number;
  readonly pid: number;
  /** How it ended, once it has. */
  readonly exited: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  /** Everything it printed, bounded to the newest lines. */
  readonly logs: readonly string[];
  url(path: string): string;
  /** One stream as `GET /api/streams/:stream` tells; undefined when unknown. */
  stream(id: string): Promise<StreamFacts | undefined>;
}

/** The part of the API's stream view that the proofs look at. */
export interface StreamFacts {
  readonly id: string;
  readonly live: boolean;
  readonly publisher: {
    readonly codecs: readonly string[];
    readonly address: string;
    readonly transport?: string;
  } | null;
  readonly interactivePeers: readonly {
    readonly address: string;
    readonly transport?: string;
    readonly packetsSent: number;
    readonly rttMs: number;
  }[];
  readonly viewers: { readonly interactive: number; readonly broadcast: number };
  readonly bridge: {
    readonly state: string;
    readonly pid?: number;
    readonly epoch: number;
    readonly restarts: number;
    readonly cpuCores: number;
    readonly video: string;
  } | null;
  readonly hls: { readonly ready: boolean; readonly viewers: number } | null;
}

/** Settings of one start; keys of `env` are full names, e.g. FRONTROW_HLS__PART_TARGET_MS. */
export interface GatewayOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** YAML text of a configuration file. */
  readonly config?: string;
}

const logLimit = 2000;
/** Says nothing about the gateway: a machine with twenty things to do takes half a minute to read its files. */
const startTimeoutMs = 75_000;
const stopTimeoutMs = 15_000;
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Starts `src/main.ts` on free loopback ports and resolves when `/readyz` says yes. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const [httpPort, rtcPort] = await Promise.all([freeTcpPort(), freeRtcPort()]);
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  const configArgs = options.config === undefined ? [] : ['--config', join(folder, 'gateway.yaml')];
  if (options.config !== undefined) await writeFile(join(folder, 'gateway.yaml'), options.config);
  const args = [...nodeArgs, 'src/main.ts', ...configArgs, ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      FRONTROW_HTTP__PORT: String(httpPort),
      FRONTROW_RTC__PORT: String(rtcPort),
      FRONTROW_RTC__ADDRESSES: '127.0.0.1',
      FRONTROW_AUTH__REVOCATIONS_FILE: join(folder, 'revoked-tokens.json'),
      ...options.env,
    },
  });
  // A test runner that ends in a hurry must not leave a gateway behind.
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  const exited: Gateway['exited'] = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
  const logs = collect(child);
  const origin = `http://127.0.0.1:${httpPort}`;
  try {
    await until('the gateway is ready', () => isReady(child, origin, logs), {
      timeoutMs: startTimeoutMs,
      detail: () => logs.slice(-20),
    });
  } catch (error) {
    await stop(child);
    await rm(folder, { recursive: true });
    throw error;
  }
  return {
    origin,
    rtcPort,
    pid: child.pid ?? 0,
    exited,
    logs,
    url: (path) => origin + path,
    stream: async (id) => {
      const response = await fetch(`${origin}/api/streams/${id}`, { signal: AbortSignal.timeout(20_000) });
      return response.ok ? ((await response.json()) as StreamFacts) : undefined;
    },
    async [Symbol.asyncDispose]() {
      await stop(child);
      await rm(folder, { recursive: true });
    },
  };
}

async function isReady(child: ChildProcess, origin: string, logs: readonly string[]): Promise<boolean> {
  if (child.exitCode !== null) {
    throw new Error(`the gateway ended with ${child.exitCode}:\n${logs.slice(-20).join('\n')}`);
  }
  const response = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
    () => undefined,
  );
  await response?.body?.cancel();
  return response?.ok ?? false;
}

function collect(child: ChildProcess): string[] {
  const logs: string[] = [];
  for (const pipe of [child.stdout, child.stderr]) {
    pipe?.setEncoding('utf8').on('data', (text: string) => {
      logs.push(...text.split('\n').filter((line) => line !== ''));
      if (logs.length > logLimit) logs.splice(0, logs.length - logLimit);
    });
  }
  return logs;
}

/** SIGTERM, as a container would; SIGKILL and an error when that is not heard. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit', { signal: AbortSignal.timeout(stopTimeoutMs) });
  child.kill('SIGTERM');
  try {
    await gone;
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`the gateway ignored SIGTERM for ${stopTimeoutMs} ms`, { cause: error });
  }
}

/** Free over UDP and, as WebRTC media goes over both, over TCP. */
async function freeRtcPort(): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const port = await freeUdpPort();
    try {
      return await freeTcpPort(port);
    } catch (error) {
      if (attempt === 10) throw error;
    }
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
