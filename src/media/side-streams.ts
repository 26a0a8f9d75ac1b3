import type { TrackKind } from '#src/core/media.ts';
import { randomUint32 } from '#src/core/random.ts';
import { DownTrack } from '#src/sfu/forwarder.ts';
import type { Source } from '#src/sfu/source.ts';
import type { MediaPacket } from './media-packet.ts';

/**
 * Several streams of one kind that are copied side by side, each under an index: for each of them a viewer that never leaves and
 * never changes. One that goes on under another SSRC, or from the next publisher, goes on in sequence.
 */
export class SideStreams {
  readonly #kind: TrackKind;
  /** As many as a publisher has rids, or audio tracks. */
  readonly #downs = new Map<number, DownTrack>();

  constructor(kind: TrackKind) {
    this.#kind = kind;
  }

  /** What a packet is called in the copy; undefined while a keyframe is waited for. Valid until the next call. */
  forward(index: number, packet: MediaPacket): Pick<DownTrack, 'extendedSequence' | 'timestamp'> | undefined {
    const down = this.#downs.get(index) ?? this.#open(index);
    if (down.wanted !== packet.source) down.select(packet.source);
    return down.forward(packet) ? down : undefined;
  }

  /** A timestamp of this source in the copy; undefined while the copy is made from another one. */
  mapTimestamp(index: number, source: Source, rtpTimestamp: number): number | undefined {
    const down = this.#downs.get(index);
    return down?.source === source ? down.mapTimestamp(rtpTimestamp) : undefined;
  }

  /** Whether the copy is made from this source, or will be from its next keyframe on. */
  wants(index: number, source: Source): boolean {
    return this.#downs.get(index)?.wanted === source;
  }

  /** Tells each source whose keyframe is waited for. */
  awaited(tell: (source: Source) => void): void {
    for (const { awaiting } of this.#downs.values()) if (awaiting !== undefined) tell(awaiting);
  }

  /** Follows nothing any more. */
  close(): void {
    for (const down of this.#downs.values()) down.select(undefined);
    this.#downs.clear();
  }

  #open(index: number): DownTrack {
    const down = new DownTrack(this.#kind, randomUint32());
    this.#downs.set(index, down);
    return down;
  }
}
