import type { PublicationId } from '#src/core/ids.ts';
import type { TrackKind } from '#src/core/media.ts';
import { randomUint32 } from '#src/core/random.ts';
import { DownTrack } from '#src/sfu/forwarder.ts';
import type { PacketSink } from './forwarded-track.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import type { MediaPacket } from './media-packet.ts';
import type { EmitEvent } from './plane-events.ts';
import { TapBatch, type TapCopy } from './tap-batch.ts';

/** One track of the tap: a viewer whose packets go to the control plane. */
class TapTrack implements PacketSink {
  readonly #kind: TrackKind;
  readonly #down: DownTrack;
  readonly #batch: TapBatch<TapCopy>;

  constructor(kind: TrackKind, batch: TapBatch<TapCopy>) {
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
  readonly #batch: TapBatch<TapCopy>;
  readonly #tracks: Readonly<Record<TrackKind, TapTrack>>;

  constructor(publication: PublicationId, emit: EmitEvent) {
    this.#batch = new TapBatch((packets, buffer) => emit({ type: 'tap', publication, packets }, [buffer]));
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
