import type { PeerId } from '#src/core/ids.ts';
import type { IncomingTrack } from '#src/core/plane.ts';
import { ntpHigh, ntpLow } from '#src/rtp/ntp.ts';
import { rtpFixedHeaderBytes } from '#src/rtp/header.ts';
import { PublisherClock, type Source } from '#src/sfu/source.ts';
import { IncomingLayer } from '../incoming-layer.ts';
import type { LivePublisher } from '../live-publisher.ts';
import type { PublisherHome } from '../publisher.ts';
import type { SharedClock, SharedLayer, SharedPacket, SharedState } from './records.ts';

/** What the image of a publisher needs of the worker it is in. */
export interface MirrorHome extends Pick<PublisherHome, 'ready' | 'appeared' | 'forward' | 'left'> {
  /** Lets the home worker know that a keyframe of a video layer is needed. */
  wantKeyframe(layer: number): void;
}

/**
 * The image of a publisher whose transport is in another worker. To the publication here it is like any: its layers have
 * rings, rates and keyframes of their own, so that viewers are served in this worker from the first packet to the last
 * retransmission. What was lost on the way to the gateway is the home worker's business.
 */
export class MirroredPublisher implements LivePublisher {
  readonly kind = 'publisher';
  readonly peer: PeerId;
  readonly tracks: readonly IncomingTrack[];
  readonly life: number;
  readonly layers: IncomingLayer[] = [];
  readonly #home: MirrorHome;
  readonly #clock = new PublisherClock();
  readonly #bySlot = new Map<number, IncomingLayer>();
  #aside = false;

  constructor(home: MirrorHome, state: SharedState & { readonly publisher: PeerId }) {
    this.#home = home;
    this.peer = state.publisher;
    this.tracks = state.tracks;
    this.life = state.life;
    home.ready(this);
  }

  /** Takes over what is new. */
  update(state: SharedState): void {
    for (const shared of state.layers) this.#updateLayer(shared);
  }

  packet(slot: number, packet: SharedPacket): void {
    const layer = this.#bySlot.get(slot);
    if (this.#aside || layer === undefined || layer.retired) return;
    const { payloadType, sequence, extensions, payload } = packet;
    const format =
      layer.format.payloadType === payloadType
        ? layer.format
        : layer.track.payloads.find((candidate) => candidate.payloadType === payloadType);
    if (format === undefined) return;
    const accepted = layer.accept({
      sequence,
      timestamp: packet.timestamp,
      marker: packet.marker,
      format,
      extensions,
      payload,
      packetBytes: rtpFixedHeaderBytes + extensions.length + payload.length,
      arrivedMs: packet.arrivedMs,
      // Late ones were repaired or reordered: either way they say nothing about the publisher's clock.
      isRepair: sequence < (layer.ring?.highest ?? 0),
    });
    if (accepted === undefined) return;
    if (layer.packets === 1) this.#home.appeared(layer);
    this.#home.forward(accepted);
  }

  clock(slot: number, clock: SharedClock): void {
    const layer = this.#bySlot.get(slot);
    if (layer === undefined) return;
    const { ntpMs, offsetMs } = clock;
    layer.source.noteReport({
      ntpHigh: ntpHigh(ntpMs),
      ntpLow: ntpLow(ntpMs),
      rtpTimestamp: clock.timestamp,
      arrivedWallMs: ntpMs - offsetMs,
    });
  }

  wantKeyframe(layer: IncomingLayer): void {
    if (layer.track.kind === 'video' && !layer.retired) this.#home.wantKeyframe(layer.layer);
  }

  /** Wishes are handed over at once and kept by the home worker, which knows who else has them. */
  forgetKeyframe(): void {
    // Nothing is kept here.
  }

  tick(): void {
    // The home worker speaks to the publisher.
  }

  putAside(): void {
    this.#aside = true;
    for (const layer of this.layers) layer.release();
  }

  layerOf(source: Source): IncomingLayer | undefined {
    for (const layer of this.layers) if (layer.source === source.stream) return layer;
    return undefined;
  }

  close(): void {
    this.putAside();
    this.#home.left(this);
  }

  #updateLayer(shared: SharedLayer): void {
    const known = this.#bySlot.get(shared.slot) ?? this.#open(shared);
    if (known === undefined) return;
    if (shared.retired && !known.retired) known.retire();
    if (shared.clock !== undefined && !known.source.reported) this.clock(shared.slot, shared.clock);
  }

  #open(shared: SharedLayer): IncomingLayer | undefined {
    const track = this.tracks[shared.track];
    const format = track?.payloads.find(({ payloadType }) => payloadType === shared.payloadType);
    if (track === undefined || format === undefined || shared.retired) return undefined;
    const { layer, ssrc } = shared;
    const opened = new IncomingLayer({ track, layer, ssrc, format, clock: this.#clock });
    this.#bySlot.set(shared.slot, opened);
    this.layers.push(opened);
    return opened;
  }
}
