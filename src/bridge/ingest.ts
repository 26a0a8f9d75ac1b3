import type { TapPacket, Track } from '#src/core/media.ts';
import { ReorderBuffer } from '#src/rtp/reorder.ts';
import { Assembler } from './depacketise/assembler.ts';
import { OpusDepacketiser } from './depacketise/opus.ts';
import { videoFormat } from './depacketise/select.ts';
import type { UnitSink } from './depacketise/unit.ts';

/** More than a second of a 20 Mb/s stream. */
const holdPackets = 2_048;

/** One track of the tap: packets in any order become access units in order. */
export class TrackIngest {
  readonly track: Track;
  readonly #reorder: ReorderBuffer<TapPacket>;
  readonly #assembler: Assembler | OpusDepacketiser;

  constructor(track: Track, holdMs: number, sink: UnitSink) {
    this.track = track;
    const assembler =
      track.kind === 'video' ? new Assembler(videoFormat(track), sink) : new OpusDepacketiser(sink);
    this.#assembler = assembler;
    this.#reorder = new ReorderBuffer<TapPacket>(
      { holdMs, holdPackets },
      {
        packet: (packet) => assembler.push(packet),
        hole: () => {
          if (assembler instanceof Assembler) assembler.lost();
        },
      },
    );
  }

  /** Units that were thrown away because packets were missing. */
  get dropped(): number {
    return this.#assembler.dropped;
  }

  /** Takes one packet of the tap; packets of another codec belong to a track that is not announced yet or any more. */
  push(packet: TapPacket, nowMs: number): void {
    if (packet.codec === this.track.codec) this.#reorder.push(packet, nowMs);
  }

  /** Gives up on packets that have been missing for too long. */
  expire(nowMs: number): void {
    this.#reorder.expire(nowMs);
  }
}
