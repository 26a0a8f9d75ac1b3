import type { PublicationId } from '#src/core/ids.ts';
import type { SoundIndex } from '#src/core/media.ts';
import type { Source } from '#src/sfu/source.ts';
import type { MediaPacket } from './media-packet.ts';
import type { EmitEvent } from './plane-events.ts';
import { SideStreams } from './side-streams.ts';
import { TapBatch, type TapCopy } from './tap-batch.ts';

/** What a copy is called, and of which audio track it is. */
interface SoundCopy extends TapCopy {
  readonly sound: SoundIndex;
}

/** The copy for the control plane of every audio track of a publication beside the first, which everybody gets. */
export class SoundTap {
  readonly #publication: PublicationId;
  readonly #emit: EmitEvent;
  readonly #batch: TapBatch<SoundCopy>;
  readonly #sounds = new SideStreams('audio');

  constructor(publication: PublicationId, emit: EmitEvent) {
    this.#publication = publication;
    this.#emit = emit;
    this.#batch = new TapBatch((packets, buffer) => {
      emit({ type: 'tap-sounds', publication, packets }, [buffer]);
    });
  }

  /** One packet of any track; all but those of sounds beside the first are passed over. */
  offer(packet: MediaPacket): void {
    const { sound } = packet;
    if (sound === 0) return;
    const named = this.#sounds.forward(sound, packet);
    if (named === undefined) return;
    const { extendedSequence: sequence, timestamp } = named;
    this.#batch.add(packet, { kind: 'audio', sound, sequence, timestamp });
  }

  /** A sender report of a sound: this timestamp of its source was captured then. */
  reported(sound: SoundIndex, source: Source, report: { rtpTimestamp: number; ntpMs: number }): void {
    const timestamp = this.#sounds.mapTimestamp(sound, source, report.rtpTimestamp);
    if (timestamp === undefined) return;
    const { ntpMs } = report;
    this.#emit({ type: 'tap-sound-clock', publication: this.#publication, sound, timestamp, ntpMs });
  }

  /** Sends what was gathered. */
  flush(): void {
    this.#batch.flush();
  }

  /** Sends what was gathered, and follows nothing any more. */
  close(): void {
    this.flush();
    this.#sounds.close();
  }
}
