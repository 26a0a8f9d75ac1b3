import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Packager } from '#src/core/cmaf.ts';
import { systemClock } from '#src/core/clock.ts';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import { silentLog, type Log } from '#src/core/log.ts';
import { hlsConfig, type HlsConfig } from '#src/hls/config.ts';
import { type HlsGate, openHlsOrigin, type HlsOrigin } from '#src/hls/origin.ts';

/** Settings that make a stream slide and skip within seconds. */
export const quickHls: Partial<HlsConfig> = {
  segmentTargetMs: 500,
  targetDurationMs: 1_000,
  windowSegments: 14,
  measureMs: 300,
};

/** A stream name that must be valid. */
export function streamId(name: string): StreamId {
  const id = parseStreamId(name);
  if (!id) throw new Error(`${name} is no stream name`);
  return id;
}

/** A log that keeps what was warned about. */
export function hearing(warnings: string[]): Log {
  const hear = (_fields: unknown, sentence: string): void => void warnings.push(sentence);
  const log: Log = { ...silentLog, warn: hear, error: hear, child: () => log };
  return log;
}

/** The real origin behind a real HTTP server on loopback. */
export interface HlsRig extends AsyncDisposable {
  readonly origin: HlsOrigin;
  readonly packager: Packager;
  readonly warnings: readonly string[];
  /** Without trailing slash. */
  readonly base: string;
  /** Of the multivariant playlist. */
  readonly url: string;
}

/** Opens an origin with one stream called `live`, which is public without a gate. */
export async function openHlsRig(settings: Partial<HlsConfig> = {}, gate?: HlsGate): Promise<HlsRig> {
  const warnings: string[] = [];
  const deps = { clock: systemClock, log: hearing(warnings), ...(gate && { gate }) };
  const origin = openHlsOrigin(deps, hlsConfig.parse(settings));
  const packager = origin.packager(streamId('live'));
  const server = await openServer((request, response) => {
    if (!origin.handle(request, response)) response.writeHead(421).end('not for the origin');
  });
  return {
    origin,
    packager,
    warnings,
    base: server.base,
    url: `${server.base}/hls/live/index.m3u8`,
    async [Symbol.asyncDispose]() {
      await origin[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** An HTTP server on loopback, on a port that the system chose unless there is a reason for another one. */
export async function openServer(
  listener: RequestListener,
  at: { readonly port?: number; readonly host?: string } = {},
): Promise<AsyncDisposable & { readonly base: string }> {
  const server = createServer(listener);
  const { host = '127.0.0.1' } = at;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(at.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    base: `http://${host}:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
