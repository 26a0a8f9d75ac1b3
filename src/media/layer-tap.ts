import type { PublicationId } from '#src/core/ids.ts';
import type { Layer } from '#src/core/media.ts';
import type { Source } from '#src/sfu/source.ts';
import type { MediaPacket } from './media-packet.ts';
import type { EmitEvent } from './plane-events.ts';
import { SideStreams } from './side-streams.ts';
import { TapBatch, type TapCopy } from './tap-batch.ts';

/** What a copy is called, and of which layer it is. */
interface LayerCopy extends TapCopy {
  readonly layer: Layer;
}

/** The copy for the control plane of every simulcast layer of a publication's video. */
export class LayerTap {
  readonly #publication: PublicationId;
  readonly #emit: EmitEvent;
  readonly #batch: TapBatch<LayerCopy>;
  readonly #layers = new SideStreams('video');

  constructor(publication: PublicationId, emit: EmitEvent) {
    this.#publication = publication;
    this.#emit = emit;
    this.#batch = new TapBatch((packets, buffer) => {
      emit({ type: 'tap-layers', publication, packets }, [buffer]);
    });
  }

  /** One packet of any track; sound is passed over. */
  offer(packet: MediaPacket): void {
    if (packet.kind !== 'video') return;
    const { layer } = packet.source;
    const named = this.#layers.forward(layer, packet);
    if (named === undefined) return;
    const { extendedSequence: sequence, timestamp } = named;
    this.#batch.add(packet, { kind: 'video', layer, sequence, timestamp });
  }

  /** A sender report: this timestamp of the source was captured then. */
  reported(source: Source, rtpTimestamp: number, ntpMs: number): void {
    const { layer } = source;
    const timestamp = this.#layers.mapTimestamp(layer, source, rtpTimestamp);
    if (timestamp === undefined) return;
    this.#emit({ type: 'tap-layer-clock', publication: this.#publication, layer, timestamp, ntpMs });
  }

  /** Whether this is one of the streams that are copied. */
  wants(source: Source): boolean {
    return this.#layers.wants(source.layer, source);
  }

  /** Tells each stream whose keyframe is waited for. */
  awaited(tell: (stream: Source) => void): void {
    this.#layers.awaited(tell);
  }

  /** Sends what was gathered. */
  flush(): void {
    this.#batch.flush();
  }

  /** Sends what was gathered, and follows nothing any more. */
  close(): void {
    this.flush();
    this.#layers.close();
  }
}
