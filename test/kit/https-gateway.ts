import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeCertificate } from './certificates.ts';
import { freeTcpPort } from './free-port.ts';
import { Http2Client } from './http2-client.ts';
import { until } from './wait.ts';

/** A gateway in a process of its own that speaks HTTPS, with its demo stream. */
export interface HttpsGateway extends AsyncDisposable {
  /** For example https://127.0.0.1:40123. */
  readonly origin: string;
  readonly port: number;
  readonly certFile: string;
  readonly stream: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const stream = 'secure-demo';

/** Starts it; resolves when its demo can be watched over LL-HLS. */
export async function startHttpsGateway(): Promise<HttpsGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'https-gateway-'));
  const { certFile, keyFile } = await makeCertificate(folder, 'localhost');
  const [port, rtcPort] = await Promise.all([freeTcpPort(), freeTcpPort()]);
  const origin = `https://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts', '--demo'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      // The demo is a client of the gateway, and must believe its certificate.
      NODE_EXTRA_CA_CERTS: certFile,
      FRONTROW_HTTP__PORT: String(port),
      FRONTROW_HTTP__PUBLIC_URL: origin,
      FRONTROW_HTTP__TLS_CERT_FILE: certFile,
      FRONTROW_HTTP__TLS_KEY_FILE: keyFile,
      FRONTROW_RTC__PORT: String(rtcPort),
      FRONTROW_RTC__ADDRESSES: '127.0.0.1',
      FRONTROW_DEMO__STREAM: stream,
    },
  });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const stop = async (): Promise<void> => {
    process.off('exit', endWithUs);
    if (child.exitCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    await rm(folder, { recursive: true });
  };
  try {
    await until('the demo is broadcast', () => isBroadcast(port), { timeoutMs: 60_000, everyMs: 300 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { origin, port, certFile, stream, [Symbol.asyncDispose]: stop };
}

async function isBroadcast(port: number): Promise<boolean> {
  // Nobody listens yet: the next look tells.
  const client = await Http2Client.open(port).catch(() => undefined);
  if (client === undefined) return false;
  await using opened = client;
  return (await opened.ask(`/hls/${stream}/index.m3u8`)).status === 200;
}
