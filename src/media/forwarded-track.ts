import type { MediaEngine } from '#src/core/engine.ts';
import type { TrackKind, VideoWish } from '#src/core/media.ts';
import type { ExtensionIds } from '#src/core/plane.ts';
import type { LayerReport, RungReport, TrackReport } from '#src/core/plane-report.ts';
import type { Source } from '#src/sfu/source.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import { chooseLayer } from './layer-choice.ts';
import type { MediaPacket } from './media-packet.ts';
import { StartUpDesk, type KeyframeHearing } from './start-up/desk.ts';
import type { StartUpPace } from './start-up/pace.ts';
import { sameStream } from '#src/sfu/layers/switching.ts';
import { Rungs, type VideoRung } from './rungs.ts';
import { profileKey, ViewerGroup, type ExtensionProfile } from './viewer-group.ts';
import type { ViewerTrack } from './viewer-track.ts';

/** Anybody who takes packets besides the viewers. */
export interface PacketSink {
  offer(packet: MediaPacket): void;
  select(layer: IncomingLayer | undefined): void;
  /** It waits for a keyframe. */
  readonly awaiting: boolean;
}

/** All who watch one kind of track of a publication, and which layer each gets. Outlives publishers. */
export class ForwardedTrack {
  readonly kind: TrackKind;
  readonly #engine: MediaEngine;
  readonly #groups = new Map<string, ViewerGroup>();
  readonly #viewers = new Map<ViewerTrack, ViewerGroup>();
  readonly #startUp: StartUpDesk | undefined;
  readonly #rungs = new Rungs();
  #publisherIds: ExtensionIds = {};
  #chosen: IncomingLayer | undefined;
  #sink: PacketSink | undefined;

  /** `pace` is for video alone: audio begins anywhere. */
  constructor(kind: TrackKind, engine: MediaEngine, pace?: StartUpPace) {
    this.kind = kind;
    this.#engine = engine;
    this.#startUp = pace === undefined ? undefined : new StartUpDesk(pace);
  }

  /** The layer that the tap gets, and viewers until it is known what suits them. */
  get chosen(): IncomingLayer | undefined {
    return this.#chosen;
  }

  /** What a viewer can be given, smallest first; empty until rates were measured, and for audio. */
  get rungs(): readonly VideoRung[] {
    return this.#rungs.list;
  }

  /** The same for a viewer that wants less; never empty while there is anything at all. */
  rungsFor(wish: VideoWish): readonly VideoRung[] {
    return this.#rungs.within(wish);
  }

  /** What this source is to a viewer, whether it is offered to everybody or was asked for. */
  rungOf(source: Source | undefined): VideoRung | undefined {
    return this.#rungs.find(source);
  }

  /** Rate of the track as the tap gets it. */
  get bps(): number {
    return this.#chosen?.smoothedBps ?? 0;
  }

  add(viewer: ViewerTrack): void {
    const { mid, extensions } = viewer.outgoing;
    const profile: ExtensionProfile = { viewer: extensions, mid };
    const key = profileKey(profile);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new ViewerGroup(this.#engine, profile, this.#publisherIds);
      this.#groups.set(key, group);
    }
    group.add(viewer);
    this.#viewers.set(viewer, group);
    // Where there is a choice, the viewer makes its own with its next tick.
    const hasChoice = this.rungs.length > 0;
    if (this.#chosen !== undefined && !hasChoice && !viewer.paused) this.show(viewer, this.#chosen);
  }

  /** Gives one viewer the rung that suits it, or nothing; one that is no longer offered changes nothing. */
  give(viewer: ViewerTrack, source: Source | undefined): void {
    const { down } = viewer;
    if (source === undefined) {
      this.show(viewer, undefined);
      return;
    }
    const rung = this.#rungs.find(source);
    if (rung === undefined) return;
    const { layer } = rung;
    const has = down.isLive ? down.source : undefined;
    if (has !== undefined && sameStream(has, source)) {
      this.#startUp?.cancel(viewer);
      down.select(source);
    } else if (down.wanted !== layer.source) {
      // All of the stream first: a decoder that has its keyframe can do with fewer of its layers afterwards.
      this.show(viewer, layer);
    }
  }

  /**
   * Gives one viewer a layer, or nothing (undefined) until it is given one again. It begins with what is cached of the layer
   * or at its next keyframe, whichever is sooner.
   */
  show(viewer: ViewerTrack, layer: IncomingLayer | undefined): void {
    const group = this.#viewers.get(viewer);
    if (group === undefined) return;
    viewer.down.select(layer?.source);
    if (layer === undefined) this.#startUp?.cancel(viewer);
    else this.#startUp?.begin(viewer, layer, group);
  }

  remove(viewer: ViewerTrack): void {
    const group = this.#viewers.get(viewer);
    if (group === undefined) return;
    this.#viewers.delete(viewer);
    this.#startUp?.cancel(viewer);
    viewer.down.select(undefined);
    group.remove(viewer);
    for (const [key, candidate] of this.#groups) {
      if (candidate === group && group.size === 0) this.#groups.delete(key);
    }
  }

  /** Its first picture is on its way, or is being decided about. */
  cares(viewer: ViewerTrack): boolean {
    return this.#startUp?.cares(viewer) === true;
  }

  /** The viewer cannot go on decoding what it has. */
  lostPicture(viewer: ViewerTrack): void {
    const group = this.#viewers.get(viewer);
    const layer = this.#rungs.find(viewer.down.source)?.layer ?? this.#chosen;
    if (group === undefined || layer === undefined || !viewer.down.isLive) return;
    if (layer.source === viewer.down.source?.stream) this.#startUp?.lostPicture(viewer, layer, group);
  }

  /** The group whose header extensions the viewer has. */
  groupOf(viewer: ViewerTrack): ViewerGroup | undefined {
    return this.#viewers.get(viewer);
  }

  /** The tap comes or goes. */
  setSink(sink: PacketSink | undefined): void {
    this.#sink = sink;
    sink?.select(this.#chosen);
  }

  /** A publisher takes over, with its own extension ids; its layers are chosen as they appear. */
  follow(publisherIds: ExtensionIds): void {
    this.#publisherIds = publisherIds;
    this.#chosen = undefined;
    this.#rungs.clear();
    for (const viewer of this.#viewers.keys()) this.#startUp?.cancel(viewer);
    this.#startUp?.keepOnly(() => false);
    for (const group of this.#groups.values()) group.follow(publisherIds);
  }

  /** A layer's first packet is about to come: better any layer at once than the best one later. */
  appeared(layer: IncomingLayer): void {
    if (this.#chosen === undefined || this.#chosen.retired) this.#choose(layer);
  }

  /** Once a second. */
  reconsider(layers: readonly IncomingLayer[], nowMs: number): void {
    if (this.kind === 'video') this.#rungs.gather(layers, nowMs);
    const best = chooseLayer(layers, this.#chosen);
    if (best !== undefined && best !== this.#chosen) this.#choose(best);
    // All layers, whoever gets them now: a publisher that ignores keyframe requests leaves no other way to change layers.
    for (const layer of layers) this.#startUp?.cache(layer);
    this.#startUp?.keepOnly((source) => layers.some((layer) => layer.source === source));
  }

  /** How many viewers get this stream, all of it or some of its layers, and what is kept for those that begin. */
  audienceOf(stream: Source): Pick<LayerReport, 'viewers' | 'cachedBytes'> {
    let viewers = 0;
    for (const { down } of this.#viewers.keys())
      if (down.isLive && down.source?.stream === stream) viewers += 1;
    return { viewers, cachedBytes: this.#startUp?.cachedBytes(stream) ?? 0 };
  }

  /** What there is to tell of video alone. */
  videoReport(): Pick<TrackReport, 'startUp' | 'rungs'> {
    const startUp = this.#startUp?.report(this.#chosen);
    return { rungs: this.#rungReports(), ...(startUp !== undefined && { startUp }) };
  }

  #rungReports(): readonly RungReport[] {
    const counts = new Map<Source, number>();
    for (const { down } of this.#viewers.keys()) {
      if (down.isLive && down.source !== undefined)
        counts.set(down.source, (counts.get(down.source) ?? 0) + 1);
    }
    const isTold = ({ key }: VideoRung): boolean => this.rungs.some((rung) => rung.key === key);
    // Beside what is offered to everybody, what somebody asked for and gets.
    const told = this.#rungs.all.filter((rung) => isTold(rung) || counts.has(rung.key));
    return told.map(({ key, layer, label, bps, width, height }) => {
      return {
        layer: layer.layer,
        label,
        bps: Math.round(bps),
        width,
        height,
        viewers: counts.get(key) ?? 0,
      };
    });
  }

  /** Whether anybody gets, or shall get, something of this stream. */
  isNeeded(stream: Source): boolean {
    if (this.#chosen?.source === stream && this.#sink !== undefined) return true;
    for (const { down } of this.#viewers.keys()) {
      if (down.wanted?.stream === stream || (down.isLive && down.source?.stream === stream)) return true;
    }
    return false;
  }

  /** Sends what viewers that begin have missed; every few milliseconds. */
  tick(nowMs: number, publisher: KeyframeHearing | undefined): void {
    this.#startUp?.tick(nowMs, publisher);
  }

  /** A viewer misses a packet. */
  noteLoss(viewer: ViewerTrack, nowMs: number): void {
    this.#startUp?.noteLoss(viewer, nowMs);
  }

  /** One packet of any layer; each viewer knows which one it follows. */
  forward(packet: MediaPacket): void {
    this.#startUp?.note(packet);
    for (const group of this.#groups.values()) {
      group.send(packet);
      for (let i = 0; i < packet.copyCount; i += 1) {
        const copy = packet.copies[i];
        if (copy !== undefined) group.send(copy);
      }
    }
    this.#sink?.offer(packet);
  }

  /** Tells each stream of which somebody who could play it waits for a keyframe; some perhaps more than once. */
  awaited(tell: (stream: Source) => void): void {
    const chosen = this.#chosen;
    if (chosen === undefined) return;
    if (this.#sink?.awaiting === true) tell(chosen.source);
    for (const viewer of this.#viewers.keys()) {
      const { awaiting } = viewer.down;
      if (awaiting === undefined || viewer.payloadFor(chosen.codec) === undefined) continue;
      if (!this.cares(viewer)) tell(awaiting.stream);
    }
  }

  /** The tap follows it; so do viewers that have nothing better. */
  #choose(layer: IncomingLayer): void {
    this.#chosen = layer;
    this.#startUp?.cache(layer);
    for (const viewer of this.#viewers.keys()) {
      const suits = this.#rungs.find(viewer.down.wanted) !== undefined;
      if (!suits && !viewer.paused) this.show(viewer, layer);
    }
    this.#sink?.select(layer);
  }
}
