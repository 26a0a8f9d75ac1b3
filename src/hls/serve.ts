import { gzipSync } from 'node:zlib';
import { heightClasses } from '#src/core/hls-folder.ts';
import type { HlsConfig } from './config.ts';
import { settle, untilGone } from './blocked.ts';
import { promiseOf } from './dash/open-segment.ts';
import { manifestName, serveGrowing, serveManifest, serveTime } from './dash/serve.ts';
import { timeName } from './dash/mpd.ts';
import { checkReach, readDirectives } from './directives.ts';
import type { HlsIncoming, HlsOutgoing } from './exchange.ts';
import {
  blockedTooLong,
  heightNotGranted,
  noSuchFile,
  noSuchFileEver,
  notBegun,
  obstructed,
} from './failures.ts';
import { sendMedia } from './media-answer.ts';
import { isPast } from './names.ts';
import type { StreamPackager } from './packager.ts';
import { cacheHeaders, type CacheAudience, sendBytes, sendPlaylist } from './respond.ts';
import type { PlaylistBytes, ServedRendition } from './served.ts';
import { serveStoryboard } from './storyboard/serve.ts';
import { pathwaysTo, steeringManifest, steeringName } from './steering.ts';

/** One request for something of one stream. */
export interface HlsRequest {
  readonly stream: StreamPackager;
  /** How the stream and a permission to watch stood in the path. */
  readonly name: string;
  readonly pass: string | undefined;
  /** Below /hls/:stream/, without query. */
  readonly path: string;
  readonly query: string;
  readonly request: HlsIncoming;
  readonly response: HlsOutgoing;
  /** Who may keep the answer: every cache, or only who asked. */
  readonly audience: CacheAudience;
  /** Nothing higher than so many lines is sent; undefined for everything. */
  readonly maxHeight: number | undefined;
  /** Name of the cache that has taken the viewer's pass out of the path; absent for all others. */
  readonly edge?: string | undefined;
  /** Who asked. */
  readonly address: string;
}

/** Enough to tell programs apart. */
const maxAgentChars = 200;
const multivariantName = 'index.m3u8';
const filePattern = /^([\w-]+)\/([a-z\d]+)(\.m3u8|_e(\d+)(?:_[ps]\d+)?\.(?:mp4|m4s|vtt))$/;

const cacheControl = {
  /** Bitrates in it are refined; a player needs it once. */
  multivariant: 'max-age=2',
  /** Whoever asks without directives is about to begin; a second later it catches up by itself. */
  playlist: 'max-age=1',
  init: 'public, max-age=31536000, immutable',
  media: 'public, max-age=3600, immutable',
} as const;

/** Serves a stream's playlists and media. Throws Failure for everything that cannot be had. */
export async function serve(hls: HlsRequest, config: HlsConfig): Promise<void> {
  hls.stream.traffic.requests += 1;
  if (hls.path === multivariantName) return serveMultivariant(hls, config);
  if (config.dash && hls.path === manifestName) return serveDash(hls, config);
  if (config.dash && hls.path === timeName) {
    count(hls, serveTime(hls.response));
    return;
  }
  if (hls.path === steeringName) {
    serveSteering(hls, config);
    return;
  }
  const pictures = serveStoryboard(hls, { media: cacheControl.media, list: cacheControl.multivariant });
  if (pictures !== undefined) {
    count(hls, pictures);
    return;
  }
  const [, incarnation, id = '', file = '', run] = filePattern.exec(hls.path) ?? [];
  // What an earlier time of the stream is called by, nothing of a later one is.
  if (incarnation !== undefined && incarnation !== hls.stream.incarnation) throw noSuchFileEver(hls.path);
  const rendition = incarnation === undefined ? undefined : hls.stream.served(id);
  if (!rendition) throw noSuchFile(hls.path);
  if (!hls.stream.allows(id, hls.maxHeight, run === undefined ? undefined : Number(run)))
    throw heightNotGranted();
  if (file === '.m3u8') return servePlaylist(hls, rendition, config);
  return serveMedia(hls, rendition, config);
}

async function serveMultivariant(hls: HlsRequest, config: HlsConfig): Promise<void> {
  const { stream, request, response, audience } = hls;
  countViewer(hls);
  settle(await untilGone(response, (signal) => stream.start(config.startWaitMs, signal)), () =>
    notBegun(stream),
  );
  const text = stream.multivariant(pathwaysTo(hls, config.steering), hls.maxHeight);
  if (text === undefined) throw notBegun(stream);
  const bytes = packed(stream, text);
  count(hls, sendPlaylist(request, response, { bytes, audience, cacheControl: cacheControl.multivariant }));
}

/** The newest multivariant playlists of each stream, compressed once for all who ask for the same. */
const multivariants = new WeakMap<StreamPackager, Map<string, PlaylistBytes>>();
/** One for each height that viewers of a stream are limited to. */
const maxMultivariants = heightClasses.length + 1;

function packed(stream: StreamPackager, text: string): PlaylistBytes {
  const known = multivariants.get(stream) ?? new Map<string, PlaylistBytes>();
  multivariants.set(stream, known);
  const found = known.get(text);
  if (found) return found;
  const plain = Buffer.from(text);
  const made = { plain, gzip: gzipSync(plain) };
  known.set(text, made);
  const [oldest] = known.keys();
  if (known.size > maxMultivariants && oldest !== undefined) known.delete(oldest);
  return made;
}

async function serveDash(hls: HlsRequest, { startWaitMs }: HlsConfig): Promise<void> {
  countViewer(hls);
  count(hls, await serveManifest(hls, { stream: hls.stream, maxHeight: hls.maxHeight, startWaitMs }));
}

/** Which pathway to prefer. It is the same for everybody, whatever the query says about who asks. */
function serveSteering(hls: HlsRequest, { steering }: HlsConfig): void {
  if (steering.pathways.length === 0) throw noSuchFile(hls.path);
  const headers = {
    'Content-Type': 'application/json',
    ...cacheHeaders(hls.audience, cacheControl.multivariant),
  };
  count(hls, sendBytes(hls.response, [Buffer.from(steeringManifest(steering, hls.edge))], headers));
}

async function servePlaylist(hls: HlsRequest, rendition: ServedRendition, config: HlsConfig): Promise<void> {
  const { request, response, audience } = hls;
  const { window, timing, waiters } = rendition;
  const { position, skip } = readDirectives(hls.query);
  countViewer(hls);
  if (position && !window.reached(position)) {
    checkReach(position, window, timing);
    const limitMs = Math.min(3 * timing.targetDurationMs, config.blockLimitMs);
    const reached = (): boolean => window.reached(position);
    settle(await untilGone(response, (signal) => waiters.wait(reached, limitMs, signal)), () => notCome(hls));
  }
  // What a position held never changes for the key that named it, so it may be kept for long (appendix B.1).
  const lasting = `max-age=${(6 * timing.targetDurationMs) / 1000}`;
  const answer = {
    bytes: rendition.playlist(skip),
    audience,
    cacheControl: position ? lasting : cacheControl.playlist,
  };
  count(hls, sendPlaylist(request, response, answer));
}

async function serveMedia(hls: HlsRequest, rendition: ServedRendition, config: HlsConfig): Promise<void> {
  const name = hls.path.slice(hls.path.indexOf('/') + 1);
  const init = rendition.init(name);
  const { request, response, audience } = hls;
  const type = rendition.mediaType;
  if (init) {
    const file = { name, type, chunks: [init], audience, cacheControl: cacheControl.init };
    count(hls, sendMedia(request, response, file));
    return;
  }
  const track = config.dash && isUnfinished(rendition, name) ? hls.stream.rendition(rendition.id) : undefined;
  if (track && promiseOf(track, name) !== undefined) {
    const headers = { 'Content-Type': type, ...cacheHeaders(audience, cacheControl.media) };
    const answer = { headers, limitMs: config.blockLimitMs };
    count(hls, await serveGrowing(hls.response, { track, name }, answer));
    return;
  }
  const chunks = await findMedia(hls, name, { rendition, limitMs: config.blockLimitMs });
  const file = { name, type, chunks, audience, cacheControl: cacheControl.media };
  count(hls, sendMedia(request, response, file));
}

/** Whether this is the name of a segment that cannot be had in whole. */
function isUnfinished({ window }: ServedRendition, name: string): boolean {
  return name.includes('_s') && window.segment(name) === undefined;
}

/** Bytes of a part or segment; waits for the part that the playlist hints at (RFC 8216bis section 6.2.6). */
async function findMedia(
  hls: HlsRequest,
  name: string,
  { rendition, limitMs }: { readonly rendition: ServedRendition; readonly limitMs: number },
): Promise<readonly Uint8Array[]> {
  const { window, waiters } = rendition;
  const segment = window.segment(name);
  const whole = segment && rendition.whole?.(name);
  if (whole) return [whole];
  if (segment && segment.parts.length > 0) return segment.parts.map((part) => part.bytes);
  if (segment) {
    const bytes = await window.fromSpool(name);
    if (!bytes) throw noSuchFileEver(name);
    return [bytes];
  }
  if (rendition.hintName === name) {
    // Over as well when another part is hinted at instead: this one will never come.
    const decided = (): boolean => rendition.hintName !== name;
    settle(await untilGone(hls.response, (signal) => waiters.wait(decided, limitMs, signal)), () =>
      notCome(hls),
    );
  }
  const bytes = window.part(name)?.bytes ?? rendition.unkept?.(name);
  if (!bytes) throw isPast(name, window) ? noSuchFileEver(name) : noSuchFile(name);
  return [bytes];
}

/** Why what was waited for did not come. */
function notCome({ stream: { obstacle } }: HlsRequest): Error {
  return obstacle ? obstructed(obstacle) : blockedTooLong();
}

function countViewer({ stream, request, address }: HlsRequest): void {
  stream.audience.see(address, (request.headers['user-agent'] ?? '').slice(0, maxAgentChars));
}

function count({ stream }: HlsRequest, bytes: number): void {
  stream.traffic.bytesOut += bytes;
}
