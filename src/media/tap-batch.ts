import type { TapPacket, TrackKind } from '#src/core/media.ts';
import type { MediaPacket } from './media-packet.ts';

/** A batch is sent at this size even within one turn of the event loop. */
const batchBytes = 256 * 1024;

/** What a copy is called on the tap's side. */
export interface TapCopy {
  readonly kind: TrackKind;
  readonly sequence: number;
  readonly timestamp: number;
}

/** A copied packet whose payload still lies in the batch. */
type PendingPacket<Copy extends TapCopy> = Copy &
  Omit<TapPacket, 'payload' | keyof TapCopy> & { readonly from: number; readonly end: number };

/**
 * Packets for the control plane, copied (the originals live in a socket's buffer) and sent as one message for each turn of
 * the event loop: a message costs as much as many packets.
 */
export class TapBatch<Copy extends TapCopy> {
  readonly #send: (packets: readonly (TapPacket & Copy)[], buffer: ArrayBuffer) => void;
  readonly #slab = new Uint8Array(batchBytes);
  #pending: PendingPacket<Copy>[] = [];
  #used = 0;

  /** `send`: hands packets over, whose payloads lie in one buffer that changes hands. */
  constructor(send: (packets: readonly (TapPacket & Copy)[], buffer: ArrayBuffer) => void) {
    this.#send = send;
  }

  /** Copies a packet under the names that it has on the tap's side. */
  add(packet: MediaPacket, copy: Copy): void {
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

  /** Sends what was gathered. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = this.#slab.slice(0, this.#used);
    const packets = this.#pending.map(({ from, end, ...packet }) => {
      return { ...packet, payload: bytes.subarray(from, end) } as unknown as TapPacket & Copy;
    });
    this.#pending = [];
    this.#used = 0;
    this.#send(packets, bytes.buffer);
  }
}
