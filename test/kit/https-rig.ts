import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openDoors } from '#src/auth/open.ts';
import { systemClock } from '#src/core/clock.ts';
import type { Snapshot } from '#src/core/status.ts';
import { hlsConfig, type HlsConfig } from '#src/hls/config.ts';
import { openHlsOrigin } from '#src/hls/origin.ts';
import { httpConfig, type HttpConfig } from '#src/http/config.ts';
import { openHttpServer } from '#src/http/server.ts';

import { makeCertificate } from './certificates.ts';
import { hearing, streamId } from './hls-rig.ts';
import { EpochFeed } from './hls-source.ts';
import { sessionRig } from './session-fakes.ts';

/** The real HTTP side over TLS, with made sessions behind it and a made LL-HLS stream called `live`. */
export interface HttpsRig extends AsyncDisposable {
  readonly port: number;
  /** Without trailing slash. */
  readonly base: string;
  readonly certFile: string;
  /** Makes the stream reach this media time; it begins at 10 s and stands at 16.5 s. */
  advanceTo(mediaMs: number): Promise<void>;
  readonly warnings: readonly string[];
}

/** Opens it on a port that the system chose. */
export async function openHttpsRig(
  http: Partial<HttpConfig> = {},
  hls: Partial<HlsConfig> = {},
): Promise<HttpsRig> {
  const folder = await mkdtemp(join(tmpdir(), 'https-rig-'));
  const { certFile, keyFile } = await makeCertificate(folder, 'localhost');
  const files = { tlsCertFile: certFile, tlsKeyFile: keyFile };
  const config = httpConfig.parse({ port: 0, address: '127.0.0.1', ...files, ...http });
  const warnings: string[] = [];
  const log = hearing(warnings);
  const origin = openHlsOrigin({ clock: systemClock, log }, hlsConfig.parse(hls));
  const feed = new EpochFeed();
  origin.packager(streamId('live')).accept(feed.epoch);
  await feed.advanceTo(16_500);
  const server = await openHttpServer({
    sessions: sessionRig().deps,
    access: openDoors(),
    snapshot: () => ({ streams: [], node: {} }) as unknown as Snapshot,
    readiness: () => ({ ready: true, problems: [] }),
    metrics: () => Promise.resolve({ type: 'text/plain', text: 'x'.repeat(1_000_000) }),
    hls: origin,
    config: () => config,
    log,
  });
  return {
    port: server.port,
    base: `https://127.0.0.1:${server.port}`,
    certFile,
    advanceTo: (mediaMs) => feed.advanceTo(mediaMs),
    warnings,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
