import { RewriteTable, type MediaEngine } from '#src/core/engine.ts';
import type { ExtensionIds } from '#src/core/plane.ts';
import { noBytes } from '#src/rtp/bytes.ts';
import { ExtensionRewriter } from '#src/rtp/extensions.ts';
import type { MediaPacket } from './media-packet.ts';
import type { ViewerTrack } from './viewer-track.ts';

/** What viewers of a group have in common. */
export interface ExtensionProfile {
  readonly viewer: ExtensionIds;
  readonly mid: string;
}

/** A text that is equal for viewers that can share header extension blocks. */
export function profileKey(profile: ExtensionProfile): string {
  const ids = Object.entries(profile.viewer).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([profile.mid, ids]);
}

/**
 * Viewers of one track that negotiated the same extension ids: their header extensions are made once for each packet, and the
 * engine gets them all in one call.
 */
export class ViewerGroup {
  readonly #engine: MediaEngine;
  readonly #profile: ExtensionProfile;
  readonly #viewers = new Set<ViewerTrack>();
  /** Those who get the packet at hand; refilled, never reallocated. */
  readonly #rewrites = new RewriteTable();
  readonly #fanout = {
    marker: false,
    payload: noBytes,
    extensions: noBytes,
    transportAt: 0,
    patchAt: 0,
    patchBytes: 0,
  };
  #rewriter: ExtensionRewriter;

  constructor(engine: MediaEngine, profile: ExtensionProfile, publisher: ExtensionIds) {
    this.#engine = engine;
    this.#profile = profile;
    this.#rewriter = new ExtensionRewriter({ publisher, ...profile });
  }

  get size(): number {
    return this.#viewers.size;
  }

  add(viewer: ViewerTrack): void {
    this.#viewers.add(viewer);
  }

  remove(viewer: ViewerTrack): void {
    this.#viewers.delete(viewer);
  }

  /** Another publisher, other extension ids. */
  follow(publisher: ExtensionIds): void {
    this.#rewriter = new ExtensionRewriter({ publisher, ...this.#profile });
  }

  /** The header extension block of a stored packet, the same bytes that its first copy had; valid until the next packet. */
  extensionsOf(block: Uint8Array): Uint8Array {
    return this.#rewriter.rewrite(block);
  }

  /** Sends one packet to all viewers of the group that take it. */
  send(packet: MediaPacket): void {
    const rewrites = this.#rewrites;
    rewrites.clear();
    for (const viewer of this.#viewers) if (!viewer.catchingUp) viewer.take(packet, rewrites);
    this.#sendRows(packet, rewrites);
  }

  /** Sends one packet to one viewer of the group, if it takes it. */
  sendTo(viewer: ViewerTrack, packet: MediaPacket): void {
    const rewrites = this.#rewrites;
    rewrites.clear();
    viewer.take(packet, rewrites);
    this.#sendRows(packet, rewrites);
  }

  #sendRows(packet: MediaPacket, rewrites: RewriteTable): void {
    if (rewrites.count === 0) return;
    this.#fanout.marker = packet.marker;
    this.#fanout.payload = packet.payload;
    this.#fanout.patchAt = packet.patchAt;
    this.#fanout.patchBytes = packet.patchBytes;
    this.#fanout.extensions = this.#rewriter.rewrite(packet.extensions);
    this.#fanout.transportAt = this.#rewriter.transportAt;
    this.#engine.fanout(this.#fanout, rewrites);
  }
}
