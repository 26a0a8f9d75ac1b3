import type { Layer, LayerTapPacket, Track } from '#src/core/media.ts';
import { timestampDistance } from '#src/rtp/sequence.ts';
import { sameConfig, type AccessUnit, type CodecConfig } from '../depacketise/unit.ts';
import type { LayerTapClock, TapClock } from '../tap.ts';
import { Gathering } from './gathering.ts';
import { sameInstantTicks } from './keyframe-lock.ts';
import { bySize, LayerTrack, type LayerTrackEvents } from './layer-track.ts';
import { goneMs, leaderGoneMs, leaderGonePictures, sideLayers, type Layers } from './side-layer.ts';

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

/** A layer takes the lead only when its picture is clearly larger. */
const clearlyLarger = 1.1;
/** A layer that may lead so soon may lead from a keyframe on whose partners are waited for. */
const soonMs = 300;

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
  /** When the first keyframe of this publisher came. */
  #beganMs = Infinity;
  /** What time it is here: units tell when they arrived, which may be a while ago. */
  #nowMs = -Infinity;

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

  /** The layers beside the one that leads. */
  layersAt(nowMs: number): Layers {
    const others = this.#layers.filter((layer) => layer !== this.#leader);
    return sideLayers(others, { nowMs, newestMs: this.#newestMs, beganMs: this.#beganMs });
  }

  packets(batch: readonly LayerTapPacket[], nowMs: number): void {
    this.#nowMs = nowMs;
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
    this.#nowMs = nowMs;
    const newestMs = this.#newestMs;
    for (const layer of this.#layers) {
      layer.expire(nowMs);
      if (newestMs - layer.lastMs > goneMs) this.#lose(layer, nowMs);
    }
    this.#watchLeader(newestMs);
    if (this.#gathering.due(nowMs)) this.#gathered(nowMs);
  }

  /** When the last picture of any layer came. */
  get #newestMs(): number {
    return Math.max(...this.#layers.map(({ lastMs }) => lastMs));
  }

  #picture(layer: LayerTrack, unit: AccessUnit, steady: boolean): void {
    const nowMs = unit.arrivedMs;
    layer.lastMs = nowMs;
    if (!steady) this.#brokeOff(layer);
    if (layer === this.#leader) {
      this.#lead(layer, unit);
      return;
    }
    this.#leaderMissed += 1;
    layer.steadiness.well(nowMs);
    layer.wait(unit);
    if (this.#leader) this.#follow(layer, this.#leader, unit);
    // The first keyframes of all layers come at about the same time: which is the largest is known a moment later.
    else if (unit.keyframe && !this.#gathering.active) this.#gathering.begin(this.#nowMs);
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
    if (!lock.picture((timestamp + offset) >>> 0, keyframe)) this.#outOfStep(layer, arrivedMs);
    this.#release(layer);
  }

  /** Whether nothing more is worth waiting for. */
  #isComplete(): boolean {
    if (!this.#leader) return this.#layers.every(({ config }) => config);
    const { keyframe } = this.#gathering;
    return this.#layers.every((layer) => {
      if (layer === this.#leader || !layer.steadiness.isSteady(layer.lastMs + soonMs)) return true;
      return keyframe === undefined || layer.lock.settled(keyframe);
    });
  }

  #gathered(nowMs: number): void {
    if (!this.#leader) {
      const seen = this.#layers.filter(({ config }) => config);
      const [largest] = bySize(seen);
      if (!largest) return;
      this.#leader = largest;
      this.#beganMs = nowMs;
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
    const next = this.#layers.find((layer) => layer !== leader && this.#shallLead(layer, nowMs + soonMs));
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
    for (const unit of leader.waiting.splice(0)) this.#pass(leader.inCommon(unit));
    for (const unit of sound) this.#events.lead(unit);
  }

  #lead(leader: LayerTrack, unit: AccessUnit): void {
    this.#leaderMissed = 0;
    leader.steadiness.well(unit.arrivedMs);
    const common = leader.inCommon(unit);
    if (unit.keyframe) this.#leaderKeyframe(leader, common);
    if (this.#gathering.active) {
      this.#gathering.hold(common);
      if (this.#isComplete()) this.#gathered(unit.arrivedMs);
      return;
    }
    this.#pass(common);
    for (const layer of this.#layers) this.#release(layer);
  }

  #leaderKeyframe(leader: LayerTrack, { timestamp, config, arrivedMs }: AccessUnit): void {
    for (const layer of this.#layers) {
      if (layer === leader) continue;
      layer.doubt(leader);
      if (layer.lock.offset === undefined) layer.pairWith(leader);
      else if (!layer.lock.leaderKeyframe(timestamp)) this.#outOfStep(layer, arrivedMs);
    }
    const isNew = config && (!this.#config || !sameConfig(this.#config, config));
    this.#config = config;
    // The others are about to change, too, or one of them to lead: what begins now should know.
    const changes =
      isNew === true || this.#layers.some((layer) => this.#shallLead(layer, arrivedMs + soonMs));
    if (changes && !this.#gathering.active) this.#gathering.begin(this.#nowMs, timestamp);
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
      const common = layer.inCommon(unit);
      if (timestampDistance(this.#reached, common.timestamp) > sameInstantTicks) return;
      if (unit.keyframe && this.#shallLead(layer, unit.arrivedMs)) {
        this.#promote(layer);
        return;
      }
      waiting.shift();
      this.#events.beside(layer.layer, common);
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
    for (const unit of layer.waiting.splice(0)) this.#lead(layer, unit);
  }

  /** Without its leader the stream would stand still: the largest of the others leads, from its next keyframe on. */
  #watchLeader(newestMs: number): void {
    const leader = this.#leader;
    if (!leader || this.#leaderMissed < leaderGonePictures || newestMs - leader.lastMs < leaderGoneMs) return;
    this.#lose(leader, newestMs);
    const there = this.#layers.filter(({ lastMs }) => newestMs - lastMs < leaderGoneMs);
    const [next] = bySize(there);
    const at = next?.waiting.findLastIndex(({ keyframe }) => keyframe) ?? -1;
    if (next && at >= 0) {
      next.waiting.splice(0, at);
      this.#promote(next);
    } else this.#events.keyframeWanted();
  }

  #brokeOff(layer: LayerTrack): void {
    const others = layer === this.#leader ? this.#layers.filter((other) => other !== layer) : [layer];
    for (const each of others) each.breakOff();
  }

  #outOfStep(layer: LayerTrack, nowMs: number): void {
    layer.untie();
    this.#lose(layer, nowMs);
  }

  #lose(layer: LayerTrack, nowMs: number): void {
    layer.steadiness.lost(nowMs);
    if (layer !== this.#leader) layer.waiting.length = 0;
  }
}
