import type { StartUpReport } from '#src/core/plane-report.ts';
import type { KeyframeRequests } from '#src/sfu/keyframe-requests.ts';
import type { Source } from '#src/sfu/source.ts';
import type { IncomingLayer } from '../incoming-layer.ts';
import type { MediaPacket } from '../media-packet.ts';
import type { ViewerGroup } from '../viewer-group.ts';
import type { ViewerTrack } from '../viewer-track.ts';
import { StartUpCache } from './cache.ts';
import { CatchUp } from './catch-up.ts';
import type { StartUpPace } from './pace.ts';
import { decideStartUp, type StartUpDecision } from './policy.ts';

/** What a publisher is known to do when it is asked for a keyframe. */
export type KeyframeHearing = Readonly<Pick<KeyframeRequests, 'hearing' | 'answerMs'>>;

/** A viewer that was given a layer and has not begun with it. */
interface Waiting {
  readonly layer: IncomingLayer;
  readonly group: ViewerGroup;
  /** Until then a keyframe is waited for; undefined until it was decided what brings the picture. */
  untilMs: number | undefined;
}

/** A viewer that loses its picture again and again has a path that a replay each time would only burden. */
const restartEveryMs = 4_000;

/** Where the viewers of one video track begin: with what is cached of their layer, or with its next keyframe. */
export class StartUpDesk {
  readonly #pace: StartUpPace;
  readonly #caches = new Map<Source, StartUpCache>();
  readonly #waiting = new Map<ViewerTrack, Waiting>();
  readonly #catchingUp = new Map<ViewerTrack, CatchUp>();
  /** Viewers that cannot go on decoding. */
  readonly #lost = new Map<ViewerTrack, Omit<Waiting, 'untilMs'>>();
  /** When a viewer was last brought back. */
  readonly #restartedMs = new WeakMap<ViewerTrack, number>();
  #replays = 0;
  #replayedPackets = 0;
  #requestedInstead = 0;

  constructor(pace: StartUpPace) {
    this.#pace = pace;
  }

  /** A viewer shall get this layer, which it has selected; its picture comes with one of the next ticks. */
  begin(viewer: ViewerTrack, layer: IncomingLayer, group: ViewerGroup): void {
    this.cancel(viewer);
    if (this.#pace.settings.cacheBytes === 0) return;
    this.cache(layer);
    this.#waiting.set(viewer, { layer, group, untilMs: undefined });
  }

  /**
   * The viewer of this layer asks for a keyframe: it cannot go on decoding. A publisher that answers is asked by others; of a
   * deaf one the viewer gets the past once more, for the next keyframe may be many seconds away.
   */
  lostPicture(viewer: ViewerTrack, layer: IncomingLayer, group: ViewerGroup): void {
    if (!this.cares(viewer)) this.#lost.set(viewer, { layer, group });
  }

  /** The viewer left, or gets nothing now. */
  cancel(viewer: ViewerTrack): void {
    this.#waiting.delete(viewer);
    this.#lost.delete(viewer);
    if (!this.#catchingUp.delete(viewer)) return;
    viewer.catchingUp = false;
    this.#pace.active -= 1;
  }

  /** From now on everything since this layer's last keyframe is kept. */
  cache(layer: IncomingLayer): void {
    if (this.#pace.settings.cacheBytes === 0 || this.#caches.has(layer.source)) return;
    this.#caches.set(layer.source, new StartUpCache(layer, this.#pace.settings));
  }

  /** Forgets the layers that nobody gets. */
  keepOnly(isNeeded: (source: Source) => boolean): void {
    for (const [source, cache] of this.#caches) {
      if (isNeeded(source)) continue;
      cache.close();
      this.#caches.delete(source);
    }
  }

  /** A packet that its layer's ring has stored. */
  note(packet: MediaPacket): void {
    this.#caches.get(packet.source)?.note(packet);
  }

  /** This viewer's first picture is on its way, or is being decided about: nobody needs to ask for it. */
  cares(viewer: ViewerTrack): boolean {
    return viewer.catchingUp || this.#isUndecided(viewer);
  }

  /** The viewer misses a packet: when it is being fed, that is too fast. */
  noteLoss(viewer: ViewerTrack, nowMs: number): void {
    this.#catchingUp.get(viewer)?.slow(nowMs);
  }

  /** Sends what is due; every few milliseconds. */
  tick(nowMs: number, publisher: KeyframeHearing | undefined): void {
    if (this.#lost.size > 0) this.#restart(nowMs, publisher);
    if (this.#waiting.size > 0) this.#judge(nowMs, publisher);
    if (this.#catchingUp.size > 0) this.#replay(nowMs);
  }

  /** Counters, and the cache of the layer that is shown. */
  report(shown: IncomingLayer | undefined): StartUpReport {
    const cache = shown === undefined ? undefined : this.#caches.get(shown.source);
    return {
      packets: cache?.packets ?? 0,
      bytes: cache?.bytes ?? 0,
      spanMs: Math.round(cache?.spanMs ?? 0),
      replays: this.#replays,
      replayedPackets: this.#replayedPackets,
      requestedInstead: this.#requestedInstead,
    };
  }

  /** Bytes kept of a layer for viewers that begin. */
  cachedBytes(source: Source): number {
    return this.#caches.get(source)?.bytes ?? 0;
  }

  #restart(nowMs: number, publisher: KeyframeHearing | undefined): void {
    for (const [viewer, { layer, group }] of this.#lost) {
      const sinceMs = nowMs - (this.#restartedMs.get(viewer) ?? Number.NEGATIVE_INFINITY);
      const isUsable = this.#caches.get(layer.source)?.isUsable(nowMs) === true;
      if (publisher?.hearing !== 'deaf' || !isUsable || sinceMs < restartEveryMs) continue;
      this.#restartedMs.set(viewer, nowMs);
      viewer.down.select(undefined);
      viewer.down.select(layer.source);
      this.begin(viewer, layer, group);
    }
    this.#lost.clear();
  }

  #isUndecided(viewer: ViewerTrack): boolean {
    const waiting = this.#waiting.get(viewer);
    return waiting !== undefined && waiting.untilMs === undefined;
  }

  #judge(nowMs: number, publisher: KeyframeHearing | undefined): void {
    for (const [viewer, waiting] of this.#waiting) {
      const { layer, group, untilMs } = waiting;
      const { down } = viewer;
      const hasBegun = down.wanted !== layer.source || down.awaiting === undefined;
      if (hasBegun || viewer.payloadFor(layer.codec) === undefined) {
        this.#waiting.delete(viewer);
        continue;
      }
      if (untilMs !== undefined && nowMs < untilMs) continue;
      const cache = this.#caches.get(layer.source);
      const usable = cache?.isUsable(nowMs) === true ? cache : undefined;
      const decision: StartUpDecision =
        untilMs === undefined ? this.#decide(viewer, usable, publisher) : { by: 'replay' };
      if (usable !== undefined && decision.by === 'replay') {
        this.#waiting.delete(viewer);
        this.#start(new CatchUp(usable, { viewer, group }, this.#pace));
      } else if (decision.by === 'keyframe' && usable !== undefined) {
        waiting.untilMs = nowMs + decision.patienceMs;
        this.#requestedInstead += 1;
      } else this.#waiting.delete(viewer);
    }
  }

  #decide(
    viewer: ViewerTrack,
    cache: StartUpCache | undefined,
    publisher: KeyframeHearing | undefined,
  ): StartUpDecision {
    return decideStartUp({
      cachedMs: cache?.spanMs,
      replayMs: cache === undefined ? 0 : this.#pace.durationMs(cache.packets, cache.bytes, viewer.feedBps),
      hearing: publisher?.hearing ?? 'unknown',
      answerMs: publisher?.answerMs ?? 0,
      watching: viewer.down.isLive,
    });
  }

  #start(catchUp: CatchUp): void {
    catchUp.viewer.catchingUp = true;
    this.#catchingUp.set(catchUp.viewer, catchUp);
    this.#pace.active += 1;
    this.#replays += 1;
  }

  #replay(nowMs: number): void {
    let left = this.#pace.allowance(nowMs);
    for (const [viewer, catchUp] of [...this.#catchingUp]) {
      if (left === 0) break;
      const sent = catchUp.run(nowMs, left);
      left -= sent;
      this.#pace.spent(sent);
      this.#replayedPackets += sent;
      if (catchUp.done) this.cancel(viewer);
      else if (sent > 0) {
        // Whoever got nothing in this tick comes first in the next.
        this.#catchingUp.delete(viewer);
        this.#catchingUp.set(viewer, catchUp);
      }
    }
  }
}
