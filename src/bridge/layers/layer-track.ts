import type { Layer, LayerTapPacket, Track } from '#src/core/media.ts';
import { ReorderDepth } from '#src/rtp/h264/reorder-depth.ts';
import { sameConfig, type AccessUnit, type CodecConfig } from '../depacketise/unit.ts';
import { TrackIngest } from '../ingest.ts';
import { TrackTime } from '../track-time.ts';
import { isSameInstant, KeyframeLock, type SeenKeyframe } from './keyframe-lock.ts';
import { Steadiness } from './steadiness.ts';

/** Keyframes that are remembered to find pairs among. */
const mostKeyframes = 4;
/** Of the clock of all video (RFC 6184 section 8.2.1). */
const ticksPerMs = 90;
/** Two seconds at 60 per second: pictures that came before those of the layer that leads. */
const mostWaiting = 120;
/**
 * Pairs are looked for this far apart, where sender reports tell of capture times (encoders of larger pictures take longer, and some
 * publishers take the time behind the encoder), and until they do: a large keyframe takes its time on the way, too.
 */
const reportToleranceMs = 100;
const arrivalToleranceMs = 250;
/** Reports that contradict the arrivals by more are not of one clock. */
const mostReportSkewMs = 500;
/** Weight of the newest second in the bitrate. */
const smoothing = 0.4;

/** Hears one layer's pictures, in its own timestamps. */
export interface LayerTrackEvents {
  /** `steady`: its timestamps go on from those before. */
  picture(layer: LayerTrack, unit: AccessUnit, steady: boolean): void;
  damaged(layer: LayerTrack): void;
}

/** One simulcast layer on its way to LL-HLS: its packets, its clock, and what ties it to the layer that leads. */
export class LayerTrack {
  readonly layer: Layer;
  readonly rid: string;
  readonly lock = new KeyframeLock();
  steadiness = new Steadiness();
  /** Pictures that came before their partners of the layer that leads. */
  readonly waiting: AccessUnit[] = [];
  /** Clock time of its last picture. */
  lastMs = -Infinity;
  bitrateBps = 0;
  readonly #ingest: TrackIngest;
  readonly #time: TrackTime;
  readonly #keyframes: number[] = [];
  #config: CodecConfig | undefined;
  #reorder = new ReorderDepth();
  #measured = { atMs: -Infinity, bytes: 0 };
  #bytes = 0;

  constructor(track: Track, layer: Layer, options: { holdMs: number; events: LayerTrackEvents }) {
    const { holdMs, events } = options;
    this.layer = layer;
    this.rid = track.rids[layer] ?? '';
    this.#time = new TrackTime(track.clockRateHz);
    this.#ingest = new TrackIngest(track, holdMs, {
      unit: (unit) => {
        const steady = this.#learn(unit);
        events.picture(this, unit, steady);
      },
      damaged: () => events.damaged(this),
    });
  }

  /** Parameters of its last keyframe; undefined before the first. */
  get config(): CodecConfig | undefined {
    return this.#config;
  }

  get pixels(): number {
    return (this.#config?.width ?? 0) * (this.#config?.height ?? 0);
  }

  /** Pictures that must be held back to bring them into order. */
  get reorderDepth(): number {
    return Math.max(this.#config?.reorderFrames ?? 0, this.#reorder.depth);
  }

  get dropped(): number {
    return this.#ingest.dropped;
  }

  push(packet: LayerTapPacket, nowMs: number): void {
    this.#bytes += packet.payload.length;
    this.#ingest.push(packet, nowMs);
  }

  expire(nowMs: number): void {
    this.#ingest.expire(nowMs);
    const spanMs = nowMs - this.#measured.atMs;
    if (spanMs < 1_000) return;
    const bps = ((this.#bytes - this.#measured.bytes) * 8_000) / spanMs;
    this.#measured = { atMs: nowMs, bytes: this.#bytes };
    this.bitrateBps = this.bitrateBps > 0 ? this.bitrateBps + (bps - this.bitrateBps) * smoothing : bps;
  }

  /** A sender report (RFC 3550 section 6.4.1) in its own timestamps. */
  report(timestamp: number, ntpMs: number): void {
    this.#time.report(timestamp, ntpMs);
  }

  /** Keeps a picture until the layer that leads is as far. Of one that is not tied to it, only those since its last keyframe. */
  wait(unit: AccessUnit): void {
    if (this.lock.offset === undefined && unit.keyframe) this.waiting.length = 0;
    // Without its keyframe the rest is of no use.
    if (this.waiting.length === 0 && this.lock.offset === undefined && !unit.keyframe) return;
    if (this.waiting.length >= mostWaiting) this.waiting.length = 0;
    this.waiting.push(unit);
  }

  /** A picture of it in the common count. */
  inCommon(unit: AccessUnit): AccessUnit {
    const offset = this.lock.offset ?? 0;
    return offset === 0 ? unit : { ...unit, timestamp: (unit.timestamp + offset) >>> 0 };
  }

  /** Which of the waiting pictures is the keyframe of this instant of the common count; -1 where there is none. */
  keyframeAt(timestamp: number): number {
    const { offset } = this.lock;
    if (offset === undefined) return -1;
    return this.waiting.findIndex(
      (unit) => unit.keyframe && isSameInstant((unit.timestamp + offset) >>> 0, timestamp),
    );
  }

  /** Its timestamps, or those of the layer that leads, do not go on from those before. */
  breakOff(): void {
    this.lock.loosen();
    this.waiting.length = 0;
  }

  /** Another publisher takes it over. */
  renew(): void {
    this.breakOff();
    this.untie();
    this.steadiness = new Steadiness();
    this.#config = undefined;
  }

  /** Ties it to the layer that leads if keyframes of the same picture are found; false when not. */
  pairWith(leader: LayerTrack): boolean {
    const byReport = this.#trustsReports(leader);
    const tolerance = byReport ? reportToleranceMs : arrivalToleranceMs;
    const base = leader.lock.offset ?? 0;
    const theirs = leader.#seen(byReport).map(({ timestamp, capturedMs }) => {
      return { timestamp: (timestamp + base) >>> 0, capturedMs };
    });
    return this.lock.pair(theirs, this.#seen(byReport), tolerance);
  }

  /** Looses what sender reports have shown to be no pair. */
  doubt(leader: LayerTrack): void {
    const { offset } = this.lock;
    if (offset === undefined || !this.#trustsReports(leader)) return;
    const apartMs = ((offset - this.#offsetByClocks(leader, true)) | 0) / ticksPerMs;
    if (Math.abs(apartMs) > reportToleranceMs) this.untie();
  }

  /** It was out of step: what came so far is no longer looked at for pairs. */
  untie(): void {
    this.lock.loosen();
    this.#keyframes.length = 0;
  }

  /** Takes the count over from the layer that led, as well as clocks tell. */
  succeed(leader: LayerTrack): void {
    if (this.lock.offset === undefined)
      this.lock.tie(this.#offsetByClocks(leader, this.#trustsReports(leader)));
  }

  /** What ties it to the leader if clocks are right. */
  #offsetByClocks(leader: LayerTrack, byReport: boolean): number {
    const [own, theirs] = [this.#clockOffsetMs(byReport), leader.#clockOffsetMs(byReport)];
    const apartMs = own === undefined || theirs === undefined ? 0 : own - theirs;
    return (Math.round(apartMs * ticksPerMs) + (leader.lock.offset ?? 0)) | 0;
  }

  #seen(byReport: boolean): readonly SeenKeyframe[] {
    const offsetMs = this.#clockOffsetMs(byReport);
    if (offsetMs === undefined) return [];
    return this.#keyframes.map((timestamp) => {
      return { timestamp, capturedMs: this.#time.mediaMs(timestamp) + offsetMs };
    });
  }

  /** Both have had sender reports, and these do not contradict the arrivals. */
  #trustsReports(leader: LayerTrack): boolean {
    const [one, other] = [this.#time, leader.#time];
    const byReport = (one.reportOffsetMs ?? NaN) - (other.reportOffsetMs ?? NaN);
    const byArrival = (one.arrivalOffsetMs ?? NaN) - (other.arrivalOffsetMs ?? NaN);
    return Math.abs(byReport - byArrival) < mostReportSkewMs;
  }

  #clockOffsetMs(byReport: boolean): number | undefined {
    return byReport ? this.#time.reportOffsetMs : this.#time.arrivalOffsetMs;
  }

  #learn(unit: AccessUnit): boolean {
    const steady = this.#time.observe(unit.timestamp, unit.arrivedMs);
    if (!steady) this.#keyframes.length = 0;
    const { config, keyframe, order, timestamp } = unit;
    if (keyframe) {
      this.#keyframes.push(timestamp);
      if (this.#keyframes.length > mostKeyframes) this.#keyframes.shift();
    }
    if (config && (!this.#config || !sameConfig(this.#config, config))) {
      this.#config = config;
      this.#reorder = new ReorderDepth();
    }
    if (order !== undefined) this.#reorder.add(order, keyframe);
    return steady;
  }
}

/** The largest picture first. */
export function bySize(layers: readonly LayerTrack[]): readonly LayerTrack[] {
  return layers.toSorted((one, other) => other.pixels - one.pixels);
}
