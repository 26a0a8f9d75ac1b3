import type { PublicationId } from '#src/core/ids.ts';
import type { TapPacket, TrackKind } from '#src/core/media.ts';
import { randomUint32 } from '#src/core/random.ts';
import { DownTrack } from '#src/sfu/forwarder.ts';
import type { PacketSink } from './forwarded-track.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import type { MediaPacket } from './media-packet.ts';
import type { EmitEvent } from './plane-events.ts';

/** A batch is sent at this size even within one turn of the event loop. */
const batchBytes = 256 * 1024;

/** One track of the tap: a viewer whose packets go to the control plane. */
class TapTrack implements PacketSink {
  readonly #kind: TrackKind;
  readonly #down: DownTrack;
  readonly #batch: TapBatch;

  constructor(kind: TrackKind, batch: TapBatch) {
    this.#kind = kind;
    this.#down = new DownTrack(kind, randomUint32());
    this.#batch = batch;
  }

  get awaiting(): boolean {
    return this.#down.awaiting !== undefined;
  }

  select(layer: IncomingLayer | undefined): void {
    this.#down.select(layer?.source);
  }

  offer(packet: MediaPacket): void {
    if (!this.#down.forward(packet)) return;
    this.#batch.add(packet, {
      kind: this.#kind,
      sequence: this.#down.extendedSequence,
      timestamp: this.#down.timestamp,
    });
  }

  /** A timestamp of this layer on the tap's timeline; undefined while the tap gets another source. */
  mapTimestamp(layer: IncomingLayer, timestamp: number): number | undefined {
    return this.#down.source === layer.source ? this.#down.mapTimestamp(timestamp) : undefined;
  }
}

/** The copy of a publication's packets for the control plane: a viewer that never leaves. */
export class Tap {
  readonly #batch: TapBatch;
  readonly #tracks: Readonly<Record<TrackKind, TapTrack>>;

  constructor(publication: PublicationId, emit: EmitEvent) {
    this.#batch = new TapBatch(publication, emit);
    this.#tracks = { audio: new TapTrack('audio', this.#batch), video: new TapTrack('video', this.#batch) };
  }

  track(kind: TrackKind): TapTrack {
    return this.#tracks[kind];
  }

  /** Sends what was gathered. */
  flush(): void {
    this.#batch.flush();
  }
}

/** A copied packet whose payload still lies in the batch. */
type PendingPacket = Omit<TapPacket, 'payload'> & { readonly from: number; readonly end: number };

/**
 * Packets for the control plane, copied (the originals live in a socket's buffer) and sent as one message for each turn of
 * the event loop: a message costs as much as many packets.
 */
class TapBatch {
  readonly #publication: PublicationId;
  readonly #emit: EmitEvent;
  readonly #slab = new Uint8Array(batchBytes);
  #pending: PendingPacket[] = [];
  #used = 0;

  constructor(publication: PublicationId, emit: EmitEvent) {
    this.#publication = publication;
    this.#emit = emit;
  }

  add(
    packet: MediaPacket,
    copy: { readonly kind: TrackKind; readonly sequence: number; readonly timestamp: number },
  ): void {
    if (this.#used + packet.payload.length > batchBytes) this.flush();
    const from = this.#used;
    this.#slab.set(packet.payload, from);
    this.#used += packet.payload.length;
    this.#pending.push({
      ...copy,
      codec: packet.payloadFormat.codec,
      marker: packet.marker,
      keyframe: packet.keyframe,
      arrivedMs: packet.arrivedMs,
      from,
      end: this.#used,
    });
  }

  /** Sends what was gathered, in one buffer that changes hands. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = this.#slab.slice(0, this.#used);
    const packets = this.#pending.map(({ from, end, ...packet }): TapPacket => {
      return { ...packet, payload: bytes.subarray(from, end) };
    });
    this.#pending = [];
    this.#used = 0;
    this.#emit({ type: 'tap', publication: this.#publication, packets }, [bytes.buffer]);
  }
}
