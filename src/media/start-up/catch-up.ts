import { timestampDistance } from '#src/rtp/sequence.ts';
import type { ViewerGroup } from '../viewer-group.ts';
import type { ViewerTrack } from '../viewer-track.ts';
import type { StartUpCache } from './cache.ts';
import type { StartUpPace } from './pace.ts';

/** More in one tick would not fit a viewer's socket buffers. */
const mostPacketsPerTick = 160;
/** A packet that is missing while the viewer catches up is waited for so long; a NACK of the viewer fetches it later. */
const holePatienceMs = 150;
/** The way to the viewer cannot take more: it is fed half as fast, at most so often, and still faster than it plays. */
const slowEveryMs = 100;
const leastSpeed = 2;

/**
 * One viewer on its way from the last keyframe to the present. It is fed as if a recording played fast: at a speed at which the
 * past and what comes meanwhile end together, with timestamps squeezed by the same factor. So its jitter buffer sees a steady
 * stream of many frames a second which becomes the live one, and learns no delay that it would keep.
 */
export class CatchUp {
  readonly cache: StartUpCache;
  readonly viewer: ViewerTrack;
  /** It has everything that came; or there is nothing to be had any more. */
  done = false;
  readonly #group: ViewerGroup;
  readonly #pace: StartUpPace;
  #next = -1;
  #firstTimestamp = 0;
  /** Until here it is to be fed now: source timestamp units behind the first, up to when that was reckoned. */
  #dueUnits = 0;
  #dueAtMs = 0;
  #unitsPerMs = 0;
  #slowedMs = Number.NEGATIVE_INFINITY;
  #betweenFrames = true;
  #hole = -1;
  #holeSinceMs = 0;

  constructor(
    cache: StartUpCache,
    to: { readonly viewer: ViewerTrack; readonly group: ViewerGroup },
    pace: StartUpPace,
  ) {
    this.cache = cache;
    this.viewer = to.viewer;
    this.#group = to.group;
    this.#pace = pace;
  }

  /** Sends what is due, at most so many packets; gives how many it was. */
  run(nowMs: number, allowance: number): number {
    if (this.#next < 0 || this.#isOvertaken()) this.#begin(nowMs);
    const { layer } = this.cache;
    this.#dueUnits += (nowMs - this.#dueAtMs) * this.#unitsPerMs;
    this.#dueAtMs = nowMs;
    const most = Math.min(allowance, mostPacketsPerTick);
    let sent = 0;
    while (sent < most) {
      if (layer.ring === undefined || this.#next > layer.ring.highest) {
        this.done = true;
        break;
      }
      const packet = layer.recall(this.#next, nowMs);
      if (packet === undefined) {
        if (!this.#passesHole(nowMs)) break;
      } else {
        if (timestampDistance(this.#firstTimestamp, packet.timestamp) > this.#dueUnits) break;
        this.#group.sendTo(this.viewer, packet);
        this.#betweenFrames = packet.marker;
        sent += 1;
      }
      this.#next += 1;
    }
    return sent;
  }

  /** The viewer reports a loss. */
  slow(nowMs: number): void {
    if (nowMs - this.#slowedMs < slowEveryMs) return;
    this.#slowedMs = nowMs;
    const least = (leastSpeed * this.cache.layer.source.clockRateHz) / 1000;
    this.#unitsPerMs = Math.min(this.#unitsPerMs, Math.max(this.#unitsPerMs / 2, least));
  }

  /** A newer keyframe came: the rest of the past is not needed any more. */
  #isOvertaken(): boolean {
    return this.#betweenFrames && this.cache.first > this.#next;
  }

  #begin(nowMs: number): void {
    const { cache, viewer } = this;
    const { source } = cache.layer;
    if (this.#next >= 0) viewer.down.select(undefined);
    viewer.down.select(source);
    const present = cache.presentTimestamp(nowMs);
    const unitsPerMs = source.clockRateHz / 1000;
    const behindMs = Math.max(0, timestampDistance(cache.firstTimestamp, present) / unitsPerMs);
    const durationMs = this.#pace.durationMs(cache.packets, cache.bytes, viewer.feedBps);
    const speed = (behindMs + durationMs) / durationMs;
    this.#next = cache.first;
    this.#firstTimestamp = cache.firstTimestamp;
    this.#dueUnits = 0;
    this.#dueAtMs = nowMs;
    this.#unitsPerMs = unitsPerMs * speed;
    viewer.down.beginInPast({
      newestTimestamp: present,
      newestArrivedMs: nowMs,
      edgeTimestamp: (present + Math.round(durationMs * unitsPerMs)) >>> 0,
      pace: 1 / speed,
    });
  }

  #passesHole(nowMs: number): boolean {
    if (this.#hole !== this.#next) {
      this.#hole = this.#next;
      this.#holeSinceMs = nowMs;
    }
    return nowMs - this.#holeSinceMs >= holePatienceMs;
  }
}
