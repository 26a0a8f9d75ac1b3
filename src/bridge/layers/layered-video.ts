import type { Layer, LayerTapPacket, Track } from '#src/core/media.ts';
import { timestampDistance } from '#src/rtp/sequence.ts';
import { sameConfig, type AccessUnit, type CodecConfig } from '../depacketise/unit.ts';
import type { LayerTapClock, TapClock } from '../tap.ts';
import { Gathering } from './gathering.ts';
import { LayerTrack, type LayerTrackEvents } from './layer-track.ts';

/** Hears the stream that is made of the layers. */
export interface LayeredVideoEvents {
  /** The next unit: pictures of the layer that leads, and sound in its place among them. */
  lead(unit: AccessUnit): void;
  /** A picture of another layer, in the leader's timestamps; never before its partner among the leader's. */
  beside(layer: Layer, unit: AccessUnit): void;
  /** A sender report of the layer that leads. */
  clock(reading: TapClock): void;
  /** Nothing can be shown before the next keyframe. */
  keyframeWanted(): void;
}

/** A layer beside the one that leads. */
export interface SideLayer {
  readonly layer: Layer;
  readonly rid: string;
  readonly config: CodecConfig;
  readonly reorderDepth: number;
  readonly bitrateBps: number;
  /** Why it cannot be a rung now; undefined when it can. */
  readonly problem: string | undefined;
}

/** A layer that gave nothing for so long, while others did, has gone. */
const goneMs = 2_000;
/** The layer that leads is missed sooner, and by this many pictures of another. */
const leaderGoneMs = 1_000;
const leaderGonePictures = 5;
/** A layer takes the lead only when its picture is clearly larger. */
const clearlyLarger = 1.1;
/** What the leader's reach may be short of a picture of the same instant: roundings. In 90 kHz ticks. */
const sameInstantTicks = 180;

/**
 * The video of a simulcast publisher as several pictures of one timeline. The largest layer that is there leads: what becomes of
 * it, happens to the stream. The others follow in its timestamps, each picture behind its partner, for as long as their
 * keyframes are of the same pictures. A layer that goes away disturbs nobody: only when the leader goes, the next one leads.
 */
export class LayeredVideo {
  readonly #events: LayeredVideoEvents;
  readonly #layers: readonly LayerTrack[];
  readonly #gathering: Gathering;
  #leader: LayerTrack | undefined;
  /** Newest timestamp of the leader. */
  #reached = 0;
  /** Parameters of the leader's last keyframe. */
  #config: CodecConfig | undefined;
  /** Pictures of the others since the leader's last. */
  #leaderMissed = 0;

  constructor(track: Track, holdMs: number, events: LayeredVideoEvents) {
    this.#events = events;
    this.#gathering = new Gathering((unit) => this.#pass(unit));
    const heard: LayerTrackEvents = {
      picture: (layer, unit, steady) => this.#picture(layer, unit, steady),
      damaged: (layer) => {
        // A rung has to wait for the next segment: a keyframe for it alone would cost everybody.
        if (layer === this.#leader || !this.#leader) events.keyframeWanted();
      },
    };
    this.#layers = track.rids.map((_, layer) => new LayerTrack(track, layer, { holdMs, events: heard }));
  }

  /** Units that were thrown away because packets were missing. */
  get dropped(): number {
    return this.#layers.reduce((sum, layer) => sum + layer.dropped, 0);
  }

  /** The layer that leads; undefined before the first keyframe. */
  get leader(): { readonly layer: Layer; readonly rid: string; readonly pixels: number } | undefined {
    return this.#leader;
  }

  /** The layers beside it that were ever seen. */
  beside(nowMs: number): readonly SideLayer[] {
    return this.#layers.flatMap((track): SideLayer[] => {
      const { layer, rid, config, reorderDepth, bitrateBps } = track;
      if (track === this.#leader || !config) return [];
      const problem = this.#problemOf(track, nowMs);
      return [{ layer, rid, config, reorderDepth, bitrateBps, problem }];
    });
  }

  packets(batch: readonly LayerTapPacket[], nowMs: number): void {
    for (const packet of batch) this.#layers[packet.layer]?.push(packet, nowMs);
  }

  /** Another publisher took over: everything is found out anew. */
  renew(): void {
    this.#leader = undefined;
    for (const layer of this.#layers) layer.renew();
    for (const unit of this.#gathering.end()) this.#pass(unit);
  }

  /** A sender report of one layer. */
  clock({ layer, timestamp, ntpMs }: LayerTapClock): void {
    const track = this.#layers[layer];
    track?.report(timestamp, ntpMs);
    if (!track || track !== this.#leader) return;
    this.#events.clock({ kind: 'video', timestamp: (timestamp + (track.lock.offset ?? 0)) >>> 0, ntpMs });
  }

  /** The next unit of sound. */
  sound(unit: AccessUnit): void {
    if (this.#gathering.active) this.#gathering.hold(unit);
    else this.#events.lead(unit);
  }

  /** Time goes on; several times a second. */
  tick(nowMs: number): void {
    const newestMs = Math.max(...this.#layers.map(({ lastMs }) => lastMs));
    for (const layer of this.#layers) {
      layer.expire(nowMs);
      if (newestMs - layer.lastMs > goneMs) this.#lose(layer, nowMs);
    }
    this.#watchLeader(newestMs);
    if (this.#gathering.due(nowMs)) this.#gathered(nowMs);
  }

  #picture(layer: LayerTrack, unit: AccessUnit, steady: boolean): void {
    const nowMs = unit.arrivedMs;
    layer.lastMs = nowMs;
    if (!steady) this.#brokeOff(layer);
    if (layer === this.#leader) {
      this.#lead(unit);
      return;
    }
    this.#leaderMissed += 1;
    layer.steadiness.well(nowMs);
    layer.wait(unit);
    if (this.#leader) this.#follow(layer, this.#leader, unit);
    else if (unit.keyframe) this.#begin(nowMs);
    if (this.#gathering.active && this.#isComplete()) this.#gathered(nowMs);
  }

  #follow(layer: LayerTrack, leader: LayerTrack, { timestamp, keyframe, arrivedMs }: AccessUnit): void {
    const { lock } = layer;
    if (keyframe && lock.offset === undefined && !layer.pairWith(leader)) {
      if (this.#shallLead(layer, arrivedMs)) this.#promote(layer);
      return;
    }
    const { offset } = lock;
    if (offset === undefined) return;
    if (!lock.picture((timestamp + offset) >>> 0, keyframe)) this.#lose(layer, arrivedMs);
    this.#release(layer);
  }

  /** The first keyframes of all layers come at about the same time: which is the largest is known a moment later. */
  #begin(nowMs: number): void {
    if (!this.#gathering.active) this.#gathering.begin(nowMs);
  }

  /** Whether nothing more is worth waiting for. */
  #isComplete(): boolean {
    if (!this.#leader) return this.#layers.every(({ config }) => config);
    const { keyframe } = this.#gathering;
    return this.#layers.every((layer) => {
      if (layer === this.#leader || !layer.steadiness.isSteady(layer.lastMs)) return true;
      return keyframe === undefined || layer.lock.settled(keyframe);
    });
  }

  #gathered(nowMs: number): void {
    if (!this.#leader) {
      const seen = this.#layers.filter(({ config }) => config);
      const largest = seen.reduce((best, layer) => (layer.pixels > best.pixels ? layer : best));
      this.#leader = largest;
      largest.lock.tie(0);
      for (const layer of seen) {
        layer.steadiness.trust();
        if (layer !== largest) layer.pairWith(largest);
      }
      this.#hand(largest, this.#gathering.end());
    } else this.#resume(this.#leader, nowMs);
    for (const layer of this.#layers) this.#release(layer);
  }

  /** What was held goes on; where a larger layer has a keyframe of the same picture, that one leads from here. */
  #resume(leader: LayerTrack, nowMs: number): void {
    const { keyframe } = this.#gathering;
    const held = this.#gathering.end();
    const next = this.#layers.find((layer) => layer !== leader && this.#shallLead(layer, nowMs));
    const at = next && keyframe !== undefined ? next.keyframeAt(keyframe) : -1;
    if (!next || at < 0) {
      for (const unit of held) this.#pass(unit);
      return;
    }
    const base = leader.lock.offset ?? 0;
    for (const unit of held)
      if (unit.kind === 'video') leader.wait({ ...unit, timestamp: (unit.timestamp - base) >>> 0 });
    next.waiting.splice(0, at);
    this.#leader = next;
    this.#hand(
      next,
      held.filter(({ kind }) => kind === 'audio'),
    );
  }

  /** The pictures of the new leader, and the sound that came meanwhile. */
  #hand(leader: LayerTrack, sound: readonly AccessUnit[]): void {
    this.#config = leader.config;
    this.#leaderMissed = 0;
    for (const unit of leader.waiting.splice(0)) this.#pass(this.#inCommon(unit));
    for (const unit of sound) this.#events.lead(unit);
  }

  #lead(unit: AccessUnit): void {
    this.#leaderMissed = 0;
    this.#leader?.steadiness.well(unit.arrivedMs);
    const common = this.#inCommon(unit);
    if (unit.keyframe) this.#leaderKeyframe(common);
    if (this.#gathering.active) {
      this.#gathering.hold(common);
      if (this.#isComplete()) this.#gathered(unit.arrivedMs);
      return;
    }
    this.#pass(common);
    for (const layer of this.#layers) this.#release(layer);
  }

  #leaderKeyframe({ timestamp, config, arrivedMs }: AccessUnit): void {
    const leader = this.#leader;
    for (const layer of this.#layers) {
      if (layer === leader) continue;
      if (leader && layer.lock.offset === undefined) layer.pairWith(leader);
      else if (!layer.lock.leaderKeyframe(timestamp)) this.#lose(layer, arrivedMs);
    }
    const isNew = config && (!this.#config || !sameConfig(this.#config, config));
    this.#config = config;
    // The others are about to change, too, or one of them to lead: what begins now should know.
    const changes = isNew === true || this.#layers.some((layer) => this.#shallLead(layer, arrivedMs));
    if (changes && !this.#gathering.active) this.#gathering.begin(arrivedMs, timestamp);
  }

  /** A picture of the leader, or sound, whose turn it is. */
  #pass(unit: AccessUnit): void {
    const isAhead = unit.keyframe || timestampDistance(this.#reached, unit.timestamp) > 0;
    if (unit.kind === 'video' && isAhead) this.#reached = unit.timestamp;
    this.#events.lead(unit);
  }

  /** Pictures that the leader has reached. */
  #release(layer: LayerTrack): void {
    if (layer === this.#leader || this.#gathering.active) return;
    const { waiting, lock } = layer;
    if (lock.offset === undefined) return;
    for (let unit = waiting[0]; unit; unit = waiting[0]) {
      const timestamp = (unit.timestamp + lock.offset) >>> 0;
      if (timestampDistance(this.#reached, timestamp) > sameInstantTicks) return;
      if (unit.keyframe && this.#shallLead(layer, unit.arrivedMs)) {
        this.#promote(layer);
        return;
      }
      waiting.shift();
      this.#events.beside(layer.layer, { ...unit, timestamp });
    }
  }

  #shallLead(layer: LayerTrack, nowMs: number): boolean {
    const pixels = this.#leader?.pixels ?? 0;
    return layer.pixels > pixels * clearlyLarger && layer.steadiness.isSteady(nowMs);
  }

  /** Its waiting pictures begin with a keyframe: from there on, they are the stream. */
  #promote(layer: LayerTrack): void {
    const before = this.#leader;
    if (before) layer.succeed(before);
    this.#leader = layer;
    this.#leaderMissed = 0;
    layer.steadiness.well(layer.lastMs);
    for (const unit of layer.waiting.splice(0)) this.#lead(unit);
  }

  /** Without its leader the stream would stand still: the largest of the others leads, from its next keyframe on. */
  #watchLeader(newestMs: number): void {
    const leader = this.#leader;
    if (!leader || this.#leaderMissed < leaderGonePictures || newestMs - leader.lastMs < leaderGoneMs) return;
    this.#lose(leader, newestMs);
    const there = this.#layers.filter(({ lastMs }) => newestMs - lastMs < leaderGoneMs);
    const next = there.reduce(
      (best, layer) => (layer.pixels > best.pixels ? layer : best),
      there[0] ?? leader,
    );
    const at = next.waiting.findLastIndex(({ keyframe }) => keyframe);
    if (at < 0) {
      this.#events.keyframeWanted();
      return;
    }
    next.waiting.splice(0, at);
    this.#promote(next);
  }

  #brokeOff(layer: LayerTrack): void {
    const others = layer === this.#leader ? this.#layers.filter((other) => other !== layer) : [layer];
    for (const each of others) {
      each.lock.loosen();
      each.waiting.length = 0;
    }
  }

  #lose(layer: LayerTrack, nowMs: number): void {
    layer.steadiness.lost(nowMs);
    if (layer !== this.#leader) layer.waiting.length = 0;
  }

  #inCommon(unit: AccessUnit): AccessUnit {
    const offset = this.#leader?.lock.offset ?? 0;
    return offset === 0 ? unit : { ...unit, timestamp: (unit.timestamp + offset) >>> 0 };
  }

  #problemOf(layer: LayerTrack, nowMs: number): string | undefined {
    const newestMs = Math.max(...this.#layers.map(({ lastMs }) => lastMs));
    if (newestMs - layer.lastMs > goneMs) return 'the publisher does not send it now';
    if (layer.lock.hasMissed || (layer.lock.offset === undefined && layer.pictures > 0))
      return 'its keyframes are not those of the layer above: segments could not begin with the same pictures';
    if (layer.steadiness.isSteady(nowMs)) return undefined;
    return 'it came a moment ago';
  }
}
