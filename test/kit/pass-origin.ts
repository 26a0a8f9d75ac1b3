import { openAccess } from '#src/auth/authorizer.ts';
import { openPassDesk } from '#src/auth/broadcast-pass.ts';
import { openPasses } from '#src/auth/passes.ts';
import type { BroadcastPass } from '#src/core/pass-desk.ts';
import { systemClock } from '#src/core/clock.ts';
import { silentLog } from '#src/core/log.ts';
import { hlsConfig, type HlsConfig } from '#src/hls/config.ts';
import { openHlsOrigin } from '#src/hls/origin.ts';
import { hlsGateOf } from '#src/http/hls-gate.ts';
import { clientAddress } from '#src/http/limits-address.ts';
import { rateLimits } from '#src/http/limits.ts';
import { exchange } from './hls-http.ts';
import { openServer, streamId } from './hls-rig.ts';
import { EpochFeed } from './hls-source.ts';
import { authSettings, sha256Hex } from './tokens.ts';

/** What passes are signed with. */
export const passKey = { kid: 'k1', secret: 'the-secret-of-passes-that-caches-know-too' };
/** The key of the cache in front. */
export const edgeKey = 'the-key-of-the-cache-in-front';

/** The real LL-HLS origin behind its gate, with streams called `live` and `still`, and what it was asked for. */
export interface PassOrigin extends AsyncDisposable {
  readonly port: number;
  /** Targets of the requests that arrived, in their order. */
  readonly asked: readonly string[];
  /** How often a target that contains this arrived. */
  countOf(part: string): number;
  /** Makes `live` reach this media time; it begins at 10 s. `still` stands where `live` begins. */
  advanceTo(mediaMs: number): Promise<void>;
  /** Name of the part that `live` hints at. */
  hint(incarnation: string): Promise<string>;
  pass(stream?: string, lifetimeS?: number, maxHeight?: number): BroadcastPass;
}

/** Opens an origin that asks for tokens and passes, with a few segments in its window; its cache is called `edge`. */
export async function openPassOrigin(hls: Partial<HlsConfig> = {}): Promise<PassOrigin> {
  const settings = authSettings({
    passKeys: [passKey],
    edgeKeys: [{ name: 'edge', sha256: sha256Hex(edgeKey) }],
  });
  const nowMs = Date.now;
  const authorizer = openAccess({ log: silentLog, loopback: true, nowMs }, settings);
  const limits = rateLimits(() => ({ joinsPerAddress: 1_000, joinsPerSubject: 1_000 }));
  const deskAt = (now: () => number) =>
    openPassDesk({ settings: () => settings, open: () => authorizer.open, nowMs: now });
  const desk = deskAt(nowMs);
  const passes = openPasses(limits.beside(authorizer), { nowMs });
  const gate = hlsGateOf({
    authorizer,
    pass: passes.pass,
    desk,
    limits,
    addressOf: (request) => clientAddress(request, 1),
  });
  const origin = openHlsOrigin({ clock: systemClock, log: silentLog, gate }, hlsConfig.parse(hls));
  const feed = new EpochFeed();
  const still = new EpochFeed();
  origin.packager(streamId('live')).accept(feed.epoch);
  origin.packager(streamId('still')).accept(still.epoch);
  await Promise.all([feed.advanceTo(16_500), still.advanceTo(16_500)]);
  const asked: string[] = [];
  const server = await openServer((request, response) => {
    asked.push(request.url ?? '');
    if (!origin.handle(request, response)) response.writeHead(421).end();
  });
  return {
    port: Number(new URL(server.base).port),
    asked,
    countOf: (part) => asked.filter((target) => target.includes(part)).length,
    advanceTo: (mediaMs) => feed.advanceTo(mediaMs),
    async hint(incarnation) {
      const headers = { 'Frontrow-Edge': edgeKey };
      const playlist = await exchange(`${server.base}/hls/live/${incarnation}/v0.m3u8`, { headers });
      return /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(playlist.body.toString())?.[1] ?? '';
    },
    pass(stream = 'live', lifetimeS = 600, maxHeight?: number) {
      const grant = { action: 'view', subject: 'ann', credential: 'x' } as const;
      const made = deskAt(() => nowMs() + (lifetimeS - 600) * 1000).issue(streamId(stream), {
        ...grant,
        tier: undefined,
        maxHeight,
      });
      if (made === undefined) throw new Error('no pass was made');
      return made;
    },
    async [Symbol.asyncDispose]() {
      passes[Symbol.dispose]();
      await origin[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await authorizer[Symbol.asyncDispose]();
    },
  };
}
