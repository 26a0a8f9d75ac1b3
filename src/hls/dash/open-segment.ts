import { settle } from '../blocked.ts';
import { blockedTooLong, noSuchFile } from '../failures.ts';
import { segmentNumber } from '../names.ts';
import type { Waiters } from '../waiters.ts';
import type { Segment } from '../media-segment.ts';
import type { DashTrack } from './track.ts';

/** Who gets a segment while it is being filled. */
export interface GrowingBody {
  /** Takes what there is; the first call begins the answer. */
  write(bytes: Uint8Array): void;
  /** The segment is whole. */
  end(): void;
  /** It will not be: whoever reads must not take what came for the segment, nor keep it. */
  break(): void;
}

/** How long and for whom a part of a segment is waited for. */
export interface Patience {
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/**
 * An empty box (ISO/IEC 14496-12 section 8.1.2) in place of a segment that an MPD promised and that never began, because the
 * publisher or its encoder stopped. A player that gets an error in its place asks for it for ever.
 */
export const nothing = Uint8Array.of(0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65);

/** What an MPD may have promised under a name that is no complete segment: undefined when nothing. */
export function promiseOf(
  { window, nextSegmentName }: DashTrack,
  name: string,
): 'open' | 'next' | 'broken' | undefined {
  const asked = segmentNumber(name);
  if (!asked) return undefined;
  if (nextSegmentName === name) return 'next';
  const known = window.segments.findLast((segment) => segment.name === name);
  if (known) return known.complete ? undefined : 'open';
  const before = window.segments.findLast((segment) => {
    const { run, number } = segmentNumber(segment.name) ?? {};
    return run === asked.run && number === asked.number - 1;
  });
  return before?.complete === true ? 'broken' : undefined;
}

/**
 * Sends a segment from its beginning on and as it grows, so that its URL can be asked for before it is complete (DASH-IF
 * low-latency: chunked transfer). No byte of a part leaves before the part is complete. Throws a Failure as long as nothing was
 * sent. Every wait for a part ends after `limitMs`, and a segment has no more parts than its target duration allows.
 */
export async function sendGrowing(
  track: DashTrack & { readonly waiters: Waiters },
  name: string,
  { body, patience }: { readonly body: GrowingBody; readonly patience: Patience },
): Promise<void> {
  const { limitMs, signal } = patience;
  const { waiters, window } = track;
  if (promiseOf(track, name) === 'next')
    settle(await waiters.wait(() => promiseOf(track, name) !== 'next', limitMs, signal), blockedTooLong);
  const segment = window.segments.findLast((one) => one.name === name);
  if (!segment) {
    if (promiseOf(track, name) === undefined) throw noSuchFile(name);
    body.write(nothing);
    body.end();
    return;
  }
  let sent = 0;
  const news = (): boolean => segment.parts.length > sent || segment.complete;
  for (;;) {
    sent += sendNew(segment, sent, body);
    if (segment.complete) {
      body.end();
      return;
    }
    const result = await waiters.wait(news, limitMs, signal);
    if (result !== 'ready') {
      body.break();
      return;
    }
  }
}

function sendNew({ parts }: Segment, sent: number, body: GrowingBody): number {
  const fresh = parts.slice(sent);
  for (const part of fresh) body.write(part.bytes);
  return fresh.length;
}
