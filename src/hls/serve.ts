import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { HlsConfig } from './config.ts';
import { checkReach, readDirectives } from './directives.ts';
import { blockedTooLong, noSuchFile, notReady, tooManyBlocked } from './failures.ts';
import type { StreamPackager } from './packager.ts';
import { cacheHeaders, type CacheAudience, sendBytes, sendPlaylist } from './respond.ts';
import type { ServedRendition } from './served.ts';
import type { WaitResult } from './waiters.ts';

/** One request for something of one stream. */
export interface HlsRequest {
  readonly stream: StreamPackager;
  /** Below /hls/:stream/, without query. */
  readonly path: string;
  readonly query: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Who may keep the answer: every cache, or only who asked. */
  readonly audience: CacheAudience;
  /** Who asked. */
  readonly address: string;
}

/** Enough to tell programs apart. */
const maxAgentChars = 200;
const multivariantName = 'index.m3u8';
const filePattern = /^([\w-]+)\/([a-z\d]+)(\.m3u8|_e\d+(?:_[ps]\d+)?\.(?:mp4|m4s|vtt))$/;

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
  const [, incarnation, id = '', file = ''] = filePattern.exec(hls.path) ?? [];
  const rendition = incarnation === hls.stream.incarnation ? hls.stream.served(id) : undefined;
  if (!rendition) throw noSuchFile(hls.path);
  if (file === '.m3u8') return servePlaylist(hls, rendition, config);
  return serveMedia(hls, rendition, config);
}

async function serveMultivariant(hls: HlsRequest, config: HlsConfig): Promise<void> {
  const { stream, request, response, audience } = hls;
  countViewer(hls);
  settle(await blocked(response, (signal) => stream.start(config.startWaitMs, signal)), notReady);
  const text = stream.multivariant();
  if (text === undefined) throw notReady();
  const plain = Buffer.from(text);
  const bytes = { plain, gzip: gzipSync(plain) };
  count(hls, sendPlaylist(request, response, { bytes, audience, cacheControl: cacheControl.multivariant }));
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
    settle(await blocked(response, (signal) => waiters.wait(reached, limitMs, signal)), blockedTooLong);
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
  const type = { 'Content-Type': rendition.mediaType };
  if (init) {
    count(
      hls,
      sendBytes(hls.response, [init], { ...type, ...cacheHeaders(hls.audience, cacheControl.init) }),
    );
    return;
  }
  const parts = await findMedia(hls, name, { rendition, limitMs: config.blockLimitMs });
  count(hls, sendBytes(hls.response, parts, { ...type, ...cacheHeaders(hls.audience, cacheControl.media) }));
}

/** Bytes of a part or segment; waits for the part that the playlist hints at (RFC 8216bis section 6.2.6). */
async function findMedia(
  { response }: HlsRequest,
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
    if (!bytes) throw noSuchFile(name);
    return [bytes];
  }
  if (rendition.hintName === name) {
    // Over as well when another part is hinted at instead: this one will never come.
    const decided = (): boolean => rendition.hintName !== name;
    settle(await blocked(response, (signal) => waiters.wait(decided, limitMs, signal)), blockedTooLong);
  }
  const part = window.part(name);
  if (!part) throw noSuchFile(name);
  return [part.bytes];
}

/** Runs a wait that ends when the client leaves. */
async function blocked(
  response: ServerResponse,
  wait: (signal: AbortSignal) => Promise<WaitResult>,
): Promise<WaitResult> {
  const abort = new AbortController();
  const leave = (): void => abort.abort();
  response.once('close', leave);
  try {
    return await wait(abort.signal);
  } finally {
    response.off('close', leave);
  }
}

/** Nobody hears what is thrown for a client that has gone: the response is closed by then. */
function settle(result: WaitResult, late: () => Error): void {
  switch (result) {
    case 'ready':
      return;
    case 'full':
      throw tooManyBlocked();
    case 'late':
    case 'gone':
      throw late();
  }
}

function countViewer({ stream, request, address }: HlsRequest): void {
  stream.audience.see(address, (request.headers['user-agent'] ?? '').slice(0, maxAgentChars));
}

function count({ stream }: HlsRequest, bytes: number): void {
  stream.traffic.bytesOut += bytes;
}
