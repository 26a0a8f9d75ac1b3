import type { MediaEngine } from '#src/core/engine.ts';
import type { TrackKind } from '#src/core/media.ts';
import type { ExtensionIds, StartUpReport } from '#src/core/plane.ts';
import type { Source } from '#src/sfu/source.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import { chooseLayer } from './layer-choice.ts';
import type { MediaPacket } from './media-packet.ts';
import { StartUpDesk, type KeyframeHearing } from './start-up/desk.ts';
import type { StartUpPace } from './start-up/pace.ts';
import { profileKey, ViewerGroup, type ExtensionProfile } from './viewer-group.ts';
import type { ViewerTrack } from './viewer-track.ts';

/** Anybody who takes packets besides the viewers. */
export interface PacketSink {
  offer(packet: MediaPacket): void;
  select(layer: IncomingLayer | undefined): void;
  /** It waits for a keyframe. */
  readonly awaiting: boolean;
}

/** All who watch one kind of track of a publication, and which layer they get. Outlives publishers. */
export class ForwardedTrack {
  readonly kind: TrackKind;
  readonly #engine: MediaEngine;
  readonly #groups = new Map<string, ViewerGroup>();
  readonly #viewers = new Map<ViewerTrack, ViewerGroup>();
  readonly #startUp: StartUpDesk | undefined;
  #publisherIds: ExtensionIds = {};
  #chosen: IncomingLayer | undefined;
  #sink: PacketSink | undefined;

  /** `pace` is for video alone: audio begins anywhere. */
  constructor(kind: TrackKind, engine: MediaEngine, pace?: StartUpPace) {
    this.kind = kind;
    this.#engine = engine;
    this.#startUp = pace === undefined ? undefined : new StartUpDesk(pace);
  }

  /** The layer that everybody gets now. */
  get chosen(): IncomingLayer | undefined {
    return this.#chosen;
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
    if (this.#chosen !== undefined) this.show(viewer, this.#chosen);
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
    for (const viewer of this.#viewers.keys()) this.#startUp?.cancel(viewer);
    this.#startUp?.keepOnly(() => false);
    for (const group of this.#groups.values()) group.follow(publisherIds);
  }

  /** A layer's first packet is about to come: better any layer at once than the best one later. */
  appeared(layer: IncomingLayer): void {
    if (this.#chosen === undefined || this.#chosen.retired) this.#choose(layer);
  }

  /** Once a second. */
  reconsider(layers: readonly IncomingLayer[]): void {
    const best = chooseLayer(layers, this.#chosen);
    if (best !== undefined && best !== this.#chosen) this.#choose(best);
    this.#startUp?.keepOnly((source) => this.#isNeeded(source));
  }

  /** Sends what viewers that begin have missed; every few milliseconds. */
  tick(nowMs: number, publisher: KeyframeHearing | undefined): void {
    this.#startUp?.tick(nowMs, publisher);
  }

  /** A viewer misses a packet. */
  noteLoss(viewer: ViewerTrack, nowMs: number): void {
    this.#startUp?.noteLoss(viewer, nowMs);
  }

  /** What is kept for viewers that join; undefined for audio. */
  startUpReport(): StartUpReport | undefined {
    return this.#startUp?.report(this.#chosen);
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

  /** Whether anybody who could play it waits for a keyframe of the chosen layer. */
  get hasAwaiting(): boolean {
    const codec = this.#chosen?.codec;
    if (codec === undefined) return false;
    if (this.#sink?.awaiting === true) return true;
    for (const viewer of this.#viewers.keys()) {
      if (viewer.down.awaiting === undefined || viewer.payloadFor(codec) === undefined) continue;
      if (this.#startUp?.cares(viewer) !== true) return true;
    }
    return false;
  }

  #choose(layer: IncomingLayer): void {
    this.#chosen = layer;
    this.#startUp?.cache(layer);
    for (const viewer of this.#viewers.keys()) this.show(viewer, layer);
    this.#sink?.select(layer);
  }

  #isNeeded(source: Source): boolean {
    if (this.#chosen?.source === source) return true;
    for (const viewer of this.#viewers.keys()) if (viewer.down.wanted === source) return true;
    return false;
  }
}
