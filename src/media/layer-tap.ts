import type { PublicationId } from '#src/core/ids.ts';
import type { Layer, TrackKind } from '#src/core/media.ts';
import { randomUint32 } from '#src/core/random.ts';
import { DownTrack } from '#src/sfu/forwarder.ts';
import type { Source } from '#src/sfu/source.ts';
import type { MediaPacket } from './media-packet.ts';
import type { EmitEvent } from './plane-events.ts';
import { TapBatch, type TapCopy } from './tap-batch.ts';

/** What a copy is called, and of which layer it is. */
interface LayerCopy extends TapCopy {
  readonly layer: Layer;
}

/** What the copies are called in the control plane. */
const eventsOf = {
  video: { packets: 'tap-layers', clock: 'tap-layer-clock' },
  audio: { packets: 'tap-sounds', clock: 'tap-sound-clock' },
} as const;

/**
 * The copy for the control plane of every simulcast layer of a publication's video, or of every audio track beside the first: for
 * each of them a viewer that never leaves and never changes. One that goes on under another SSRC, or from the next publisher,
 * goes on in sequence.
 */
export class LayerTap {
  readonly #publication: PublicationId;
  readonly #emit: EmitEvent;
  readonly #batch: TapBatch<LayerCopy>;
  readonly #kind: TrackKind;
  /** As many as a publisher has rids, or audio tracks. */
  readonly #layers = new Map<Layer, DownTrack>();

  constructor(publication: PublicationId, emit: EmitEvent, kind: TrackKind = 'video') {
    this.#publication = publication;
    this.#emit = emit;
    this.#kind = kind;
    const type = eventsOf[kind].packets;
    this.#batch = new TapBatch((packets, buffer) => emit({ type, publication, packets }, [buffer]));
  }

  /** One packet of any track; other kinds, and the sound that everybody gets, are passed over. */
  offer(packet: MediaPacket): void {
    const { kind } = packet;
    if (kind !== this.#kind || (kind === 'audio' && !packet.isAside)) return;
    const { layer } = packet.source;
    const down = this.#layers.get(layer) ?? this.#open(layer);
    if (down.wanted !== packet.source) down.select(packet.source);
    if (!down.forward(packet)) return;
    const { extendedSequence: sequence, timestamp } = down;
    this.#batch.add(packet, { kind, layer, sequence, timestamp });
  }

  /** A sender report: this timestamp of the source was captured then. */
  reported(source: Source, rtpTimestamp: number, ntpMs: number): void {
    const down = this.#layers.get(source.layer);
    if (down?.source !== source) return;
    const timestamp = down.mapTimestamp(rtpTimestamp);
    const { layer } = source;
    const type = eventsOf[this.#kind].clock;
    this.#emit({ type, publication: this.#publication, layer, timestamp, ntpMs });
  }

  /** Whether this is one of the streams that are copied. */
  wants(source: Source): boolean {
    return this.#layers.get(source.layer)?.wanted === source;
  }

  /** Tells each stream whose keyframe is waited for. */
  awaited(tell: (stream: Source) => void): void {
    for (const { awaiting } of this.#layers.values()) if (awaiting !== undefined) tell(awaiting);
  }

  /** Sends what was gathered. */
  flush(): void {
    this.#batch.flush();
  }

  /** Sends what was gathered, and follows nothing any more. */
  close(): void {
    this.flush();
    for (const down of this.#layers.values()) down.select(undefined);
    this.#layers.clear();
  }

  #open(layer: Layer): DownTrack {
    const down = new DownTrack(this.#kind, randomUint32());
    this.#layers.set(layer, down);
    return down;
  }
}
