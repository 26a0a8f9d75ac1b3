import type { MediaEngine } from '#src/core/engine.ts';
import type { TrackKind } from '#src/core/media.ts';
import type { ExtensionIds } from '#src/core/plane.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import { chooseLayer } from './layer-choice.ts';
import type { MediaPacket } from './media-packet.ts';
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
  #publisherIds: ExtensionIds = {};
  #chosen: IncomingLayer | undefined;
  #sink: PacketSink | undefined;

  constructor(kind: TrackKind, engine: MediaEngine) {
    this.kind = kind;
    this.#engine = engine;
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
    viewer.down.select(this.#chosen?.source);
  }

  remove(viewer: ViewerTrack): void {
    const group = this.#viewers.get(viewer);
    if (group === undefined) return;
    this.#viewers.delete(viewer);
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
  }

  /** One packet of any layer; each viewer knows which one it follows. */
  forward(packet: MediaPacket): void {
    for (const group of this.#groups.values()) group.send(packet);
    this.#sink?.offer(packet);
  }

  /** Whether anybody who could play it waits for a keyframe of the chosen layer. */
  get hasAwaiting(): boolean {
    const codec = this.#chosen?.codec;
    if (codec === undefined) return false;
    if (this.#sink?.awaiting === true) return true;
    for (const viewer of this.#viewers.keys()) {
      if (viewer.down.awaiting !== undefined && viewer.payloadFor(codec) !== undefined) return true;
    }
    return false;
  }

  #choose(layer: IncomingLayer): void {
    this.#chosen = layer;
    for (const viewer of this.#viewers.keys()) viewer.down.select(layer.source);
    this.#sink?.select(layer);
  }
}
