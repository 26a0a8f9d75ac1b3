import type { Layer, PayloadType } from '#src/core/media.ts';
import type { ExtensionName, IncomingTrack } from '#src/core/plane.ts';
import { ExtensionReader } from '#src/rtp/extensions.ts';
import type { RtpHeader } from '#src/rtp/header.ts';

/** SSRCs of one publisher that are told apart: four layers with RTX each, eight of audio, and as many again after restarts. */
const maxSsrcs = 32;

/** What a payload type of a track stands for. */
export interface PayloadMeaning {
  readonly payload: PayloadType;
  /** The number is that of the retransmission format, not of the codec itself. */
  readonly isRtx: boolean;
}

/** What an SSRC of the publisher was found to be. */
export interface SourceBinding {
  readonly track: IncomingTrack;
  readonly layer: Layer;
  readonly isRtx: boolean;
  readonly ssrc: number;
  /** Another SSRC took this one's place; its packets go nowhere. */
  retired: boolean;
}

interface TrackEntry {
  readonly track: IncomingTrack;
  readonly payloads: ReadonlyMap<number, PayloadMeaning>;
}

/**
 * Tells which track and layer a publisher's packet belongs to (RFC 9143 section 9.2, RFC 8852): by an SSRC seen before, else
 * by announced SSRC, MID, and payload type for the track, and by RID for the layer. A rid means something only with
 * simulcast: some encoders send one on every packet without having offered any.
 */
export class SourceTable {
  readonly #entries: readonly TrackEntry[];
  readonly #bindings = new Map<number, SourceBinding>();
  readonly #reader = new ExtensionReader();

  constructor(tracks: readonly IncomingTrack[]) {
    this.#entries = tracks.map((track) => ({ track, payloads: meaningsOf(track) }));
  }

  /** SSRCs bound so far. */
  get size(): number {
    return this.#bindings.size;
  }

  /** The binding of a packet's SSRC, made now if need be; undefined when the packet does not say enough, or there are too many. */
  find(packet: Uint8Array, header: RtpHeader): SourceBinding | undefined {
    const known = this.#bindings.get(header.ssrc);
    if (known !== undefined) return known;
    if (this.#bindings.size >= maxSsrcs) return undefined;
    const entry = this.#entryOf(packet, header);
    if (entry === undefined) return undefined;
    const meaning = entry.payloads.get(header.payloadType);
    if (meaning === undefined) return undefined;
    const layer = this.#layerOf(entry.track, packet, header);
    if (layer === undefined) return undefined;
    return this.#bind({ track: entry.track, layer, isRtx: meaning.isRtx, ssrc: header.ssrc, retired: false });
  }

  /** What the payload type means in a track; undefined when it was not negotiated there. */
  meaning(track: IncomingTrack, payloadType: number): PayloadMeaning | undefined {
    for (const entry of this.#entries) if (entry.track === track) return entry.payloads.get(payloadType);
    return undefined;
  }

  #bind(binding: SourceBinding): SourceBinding {
    for (const other of this.#bindings.values()) {
      const samePlace =
        other.track === binding.track && other.layer === binding.layer && other.isRtx === binding.isRtx;
      if (samePlace) other.retired = true;
    }
    this.#bindings.set(binding.ssrc, binding);
    return binding;
  }

  #entryOf(packet: Uint8Array, header: RtpHeader): TrackEntry | undefined {
    const announced = this.#entries.find((entry) => entry.track.ssrcs.includes(header.ssrc));
    if (announced !== undefined) return announced;
    for (const entry of this.#entries) {
      if (entry.track.mid !== '' && this.#text(packet, header, entry.track, 'mid') === entry.track.mid)
        return entry;
    }
    const byPayload = this.#entries.filter((entry) => entry.payloads.has(header.payloadType));
    return byPayload.length === 1 ? byPayload[0] : undefined;
  }

  #layerOf(track: IncomingTrack, packet: Uint8Array, header: RtpHeader): Layer | undefined {
    if (track.kind === 'audio' || track.rids.length <= 1) return 0;
    const rid = this.#text(packet, header, track, 'rid') ?? this.#text(packet, header, track, 'repaired-rid');
    const layer = rid === undefined ? -1 : track.rids.indexOf(rid);
    return layer < 0 ? undefined : layer;
  }

  #text(
    packet: Uint8Array,
    header: RtpHeader,
    track: IncomingTrack,
    name: ExtensionName,
  ): string | undefined {
    const id = track.extensions[name];
    return id !== undefined && this.#reader.find(packet, header, id) ? this.#reader.text() : undefined;
  }
}

function meaningsOf(track: IncomingTrack): ReadonlyMap<number, PayloadMeaning> {
  const meanings = new Map<number, PayloadMeaning>();
  for (const payload of track.payloads) {
    meanings.set(payload.payloadType, { payload, isRtx: false });
    if (payload.rtxPayloadType !== undefined) meanings.set(payload.rtxPayloadType, { payload, isRtx: true });
  }
  return meanings;
}
