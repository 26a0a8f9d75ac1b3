import type { OutgoingHttpHeaders } from 'node:http';
import type { Obstacle } from '#src/core/cmaf.ts';
import { settle, untilGone } from '../blocked.ts';
import type { HlsAnswer, HlsIncoming, HlsOutgoing } from '../exchange.ts';
import { notBegun } from '../failures.ts';
import { beginBytes, type CacheAudience, sendBytes, sendPlaylist } from '../respond.ts';
import type { Waiters, WaitResult } from '../waiters.ts';
import type { Manifest } from './manifest.ts';
import { sendGrowing } from './open-segment.ts';
import type { DashTrack } from './track.ts';

/** Name of the MPD, below the stream. */
export const manifestName = 'manifest.mpd';

/** Where an answer goes. */
export interface DashExchange {
  readonly request: HlsIncoming;
  readonly response: HlsOutgoing;
  readonly audience: CacheAudience;
}

/** What an MPD is asked of. */
export interface DashStream {
  /** Its MPD without pictures higher than so many lines. */
  dash(maxHeight: number | undefined): Manifest;
  start(timeoutMs: number, signal: AbortSignal): Promise<WaitResult>;
  /** Why it does not begin. */
  readonly obstacle: Obstacle | undefined;
}

/** What an MPD is asked for. */
export interface DashAsked {
  readonly stream: DashStream;
  readonly maxHeight?: number | undefined;
  readonly startWaitMs: number;
}

/** Answers with the MPD, once there is something to play; returns its length. */
export async function serveManifest(
  { request, response, audience }: DashExchange,
  { stream, maxHeight, startWaitMs }: DashAsked,
): Promise<number> {
  settle(await untilGone(response, (signal) => stream.start(startWaitMs, signal)), () => notBegun(stream));
  const bytes = stream.dash(maxHeight).get();
  if (!bytes) throw notBegun(stream);
  const contentType = 'application/dash+xml';
  return sendPlaylist(request, response, { bytes, audience, cacheControl: 'max-age=1', contentType });
}

/** Answers with the gateway's clock, as an xs:dateTime: players with another clock would look for media at the wrong time. */
export function serveTime(response: HlsOutgoing): number {
  const now = Buffer.from(new Date().toISOString());
  return sendBytes(response, [now], {
    'Content-Type': 'text/plain',
    'Cache-Control': 'no-store',
  });
}

/** Sends a segment that is not complete, as far as it has come and as it grows; returns its length. */
export async function serveGrowing(
  response: HlsOutgoing,
  file: { readonly track: DashTrack & { readonly waiters: Waiters }; readonly name: string },
  answer: { readonly headers: OutgoingHttpHeaders; readonly limitMs: number },
): Promise<number> {
  const out: HlsAnswer = response;
  let length = 0;
  let begun = false;
  const begin = (): void => {
    if (!begun) beginBytes(out, answer.headers);
    begun = true;
  };
  const body = {
    write: (bytes: Uint8Array): void => {
      begin();
      length += bytes.length;
      if (out.req.method !== 'HEAD') out.write(bytes);
    },
    end: (): void => {
      begin();
      out.end();
    },
    break: (): void => void out.destroy(),
  };
  const { limitMs } = answer;
  await untilGone(response, (signal) =>
    sendGrowing(file.track, file.name, { body, patience: { limitMs, signal } }),
  );
  return length;
}
