import type { PeerId } from '#src/core/ids.ts';
import type { Layer } from '#src/core/media.ts';
import type { IncomingTrack } from '#src/core/plane.ts';
import { noBytes } from '#src/rtp/bytes.ts';
import type { RingWriter } from './ring-writer.ts';

/** A source's clock: this RTP timestamp was captured at that time of the publisher, whose clock is so far ahead of ours. */
export interface SharedClock {
  readonly timestamp: number;
  readonly ntpMs: number;
  readonly offsetMs: number;
}

/** One layer of the publisher, as other workers hear of it. */
export interface SharedLayer {
  /** Names the layer in packets; given anew to every layer of every publisher. */
  readonly slot: number;
  /** Index into the tracks. */
  readonly track: number;
  readonly layer: Layer;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly retired: boolean;
  /** Undefined until a sender report came. */
  readonly clock?: SharedClock;
}

/** Everything other workers must know of a publication beside its packets. Whole every time, so that none is ever missed. */
export interface SharedState {
  /** Counts publishers. */
  readonly life: number;
  /** Undefined while nobody publishes. */
  readonly publisher: PeerId | undefined;
  readonly tracks: readonly IncomingTrack[];
  readonly layers: readonly SharedLayer[];
}

/** What of an accepted packet crosses over. */
export interface SharedPacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly arrivedMs: number;
  readonly extensions: Uint8Array;
  readonly payload: Uint8Array;
}

/** Who reads records. The packet is the same object every time, and its bytes are the ring reader's. */
export interface RecordVisitor {
  packet(slot: number, packet: SharedPacket): void;
  clock(slot: number, clock: SharedClock): void;
  state(state: SharedState): void;
}

const kindOf = { packet: 1, clock: 2, state: 3 } as const;
const packetHeadBytes = 32;
const clockBytes = 24;
const stateHeadBytes = 8;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Shares one packet. */
export function writePacket(ring: RingWriter, slot: number, packet: SharedPacket): void {
  const { extensions, payload } = packet;
  const at = ring.reserve(packetHeadBytes + extensions.length + payload.length);
  const { bytes, view } = ring;
  bytes[at] = kindOf.packet;
  bytes[at + 1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  view.setUint16(at + 2, slot, true);
  view.setUint32(at + 4, packet.timestamp, true);
  view.setFloat64(at + 8, packet.sequence, true);
  view.setFloat64(at + 16, packet.arrivedMs, true);
  view.setUint32(at + 24, extensions.length, true);
  bytes.set(extensions, at + packetHeadBytes);
  bytes.set(payload, at + packetHeadBytes + extensions.length);
  ring.publish();
}

/** Shares what a sender report told. */
export function writeClock(ring: RingWriter, slot: number, clock: SharedClock): void {
  const at = ring.reserve(clockBytes);
  const { bytes, view } = ring;
  bytes[at] = kindOf.clock;
  view.setUint16(at + 2, slot, true);
  view.setUint32(at + 4, clock.timestamp, true);
  view.setFloat64(at + 8, clock.ntpMs, true);
  view.setFloat64(at + 16, clock.offsetMs, true);
  ring.publish();
}

/** Shares the whole state. It comes a few times in a publisher's life, so its form may cost something. */
export function writeState(ring: RingWriter, state: SharedState): void {
  const text = encoder.encode(JSON.stringify(state));
  const at = ring.reserve(stateHeadBytes + text.length);
  ring.bytes[at] = kindOf.state;
  ring.bytes.set(text, at + stateHeadBytes);
  ring.publish();
}

/** Reads records; made once, filled again for each. */
export class RecordReader {
  readonly #packet = {
    sequence: 0,
    timestamp: 0,
    marker: false,
    payloadType: 0,
    arrivedMs: 0,
    extensions: noBytes,
    payload: noBytes,
  };

  /** Hands a record's body to the visitor. It was written by {@link writePacket} and its like, so it is well formed. */
  read(body: Uint8Array, visitor: RecordVisitor): void {
    if (body[0] === kindOf.state) {
      visitor.state(JSON.parse(decoder.decode(body.subarray(stateHeadBytes))) as SharedState);
      return;
    }
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const slot = view.getUint16(2, true);
    const timestamp = view.getUint32(4, true);
    if (body[0] === kindOf.clock) {
      visitor.clock(slot, {
        timestamp,
        ntpMs: view.getFloat64(8, true),
        offsetMs: view.getFloat64(16, true),
      });
      return;
    }
    const packet = this.#packet;
    const second = body[1] ?? 0;
    packet.marker = second >= 0x80;
    packet.payloadType = second & 0x7f;
    packet.timestamp = timestamp;
    packet.sequence = view.getFloat64(8, true);
    packet.arrivedMs = view.getFloat64(16, true);
    const payloadAt = packetHeadBytes + view.getUint32(24, true);
    packet.extensions = body.subarray(packetHeadBytes, payloadAt);
    packet.payload = body.subarray(payloadAt);
    visitor.packet(slot, packet);
  }
}
