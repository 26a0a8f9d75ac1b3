import { noBytes } from './bytes.ts';

/** What a ring keeps of a packet. */
export interface StoredPacket {
  /** Extended. */
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly keyframe: boolean;
  readonly payloadType: number;
  readonly arrivedMs: number;
  /** The publisher's complete extension block; empty when there was none. */
  readonly extensions: Uint8Array;
  /** Without padding. */
  readonly payload: Uint8Array;
}

/** Memory of one ring. */
export interface RingSize {
  /** Packets it can hold: a power of two. */
  readonly packets: number;
  /** Extension and payload bytes it can hold. */
  readonly bytes: number;
}

/** One second of about 30 Mbit/s, and never fewer than 2,700 full packets. */
export const videoRingSize: RingSize = { packets: 4096, bytes: 4 * 1024 * 1024 };
/** Twenty seconds of Opus packets of 20 ms. */
export const audioRingSize: RingSize = { packets: 1024, bytes: 512 * 1024 };

/** A stored packet as the ring hands it out again and again. */
interface MutablePacket extends StoredPacket {
  sequence: number;
  timestamp: number;
  marker: boolean;
  keyframe: boolean;
  payloadType: number;
  arrivedMs: number;
  extensions: Uint8Array;
  payload: Uint8Array;
}

const markerFlag = 0x80;
const keyframeFlag = 0x100;

/**
 * The last packets of one source, for retransmission. Copies go one behind the other into a single slab; what the slab or the
 * slots overtake is gone, so memory is bounded both ways and nothing is allocated per packet. The slab is allocated with the
 * first packet: layers that never send cost nothing.
 */
export class PacketRing {
  readonly #slots: number;
  readonly #slabBytes: number;
  #slab = noBytes;
  /** Bytes ever written, gaps at the slab's end included; position modulo slab size is the place in it. */
  #written = 0;
  #highest = -1;
  readonly #sequences: Float64Array;
  readonly #positions: Float64Array;
  readonly #arrivedMs: Float64Array;
  readonly #timestamps: Uint32Array;
  readonly #payloadBytes: Uint16Array;
  readonly #extensionBytes: Uint16Array;
  /** Payload type in the low 7 bits, then marker and keyframe. */
  readonly #flags: Uint16Array;
  readonly #out: MutablePacket = {
    sequence: 0,
    timestamp: 0,
    marker: false,
    keyframe: false,
    payloadType: 0,
    arrivedMs: 0,
    extensions: noBytes,
    payload: noBytes,
  };

  constructor(size: RingSize) {
    if (size.packets < 1 || (size.packets & (size.packets - 1)) !== 0) {
      throw new RangeError('a ring holds a power of two of packets');
    }
    this.#slots = size.packets;
    this.#slabBytes = size.bytes;
    this.#sequences = new Float64Array(size.packets).fill(-1);
    this.#positions = new Float64Array(size.packets);
    this.#arrivedMs = new Float64Array(size.packets);
    this.#timestamps = new Uint32Array(size.packets);
    this.#payloadBytes = new Uint16Array(size.packets);
    this.#extensionBytes = new Uint16Array(size.packets);
    this.#flags = new Uint16Array(size.packets);
  }

  /** Highest sequence stored, -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /**
   * Copies a packet in. False when it is already here (a duplicate), too old for the ring or larger than a datagram: such a
   * packet must not be forwarded, or two different packets could leave under one number.
   */
  store(packet: StoredPacket): boolean {
    const extensionBytes = packet.extensions.length;
    const bytes = extensionBytes + packet.payload.length;
    const slot = packet.sequence % this.#slots;
    if (packet.sequence <= this.#highest - this.#slots || bytes > 0xffff || bytes > this.#slabBytes)
      return false;
    if (this.#sequences[slot] === packet.sequence) return false;
    const at = this.#reserve(bytes);
    this.#slab.set(packet.extensions, at);
    this.#slab.set(packet.payload, at + extensionBytes);
    if (packet.sequence > this.#highest) this.#highest = packet.sequence;
    this.#sequences[slot] = packet.sequence;
    this.#positions[slot] = this.#written - bytes;
    this.#arrivedMs[slot] = packet.arrivedMs;
    this.#timestamps[slot] = packet.timestamp;
    this.#payloadBytes[slot] = packet.payload.length;
    this.#extensionBytes[slot] = extensionBytes;
    this.#flags[slot] =
      (packet.payloadType & 0x7f) | (packet.marker ? markerFlag : 0) | (packet.keyframe ? keyframeFlag : 0);
    return true;
  }

  /** Whether this packet can still be had. */
  has(sequence: number): boolean {
    const slot = sequence % this.#slots;
    return (
      sequence >= 0 &&
      this.#sequences[slot] === sequence &&
      this.#written - (this.#positions[slot] ?? 0) <= this.#slabBytes
    );
  }

  /** A packet by its extended sequence, or undefined. The object and its views are valid until the next store or get. */
  get(sequence: number): StoredPacket | undefined {
    if (!this.has(sequence)) return undefined;
    const slot = sequence % this.#slots;
    const at = (this.#positions[slot] ?? 0) % this.#slabBytes;
    const payloadAt = at + (this.#extensionBytes[slot] ?? 0);
    const flags = this.#flags[slot] ?? 0;
    const out = this.#out;
    out.sequence = sequence;
    out.timestamp = this.#timestamps[slot] ?? 0;
    out.marker = (flags & markerFlag) !== 0;
    out.keyframe = (flags & keyframeFlag) !== 0;
    out.payloadType = flags & 0x7f;
    out.arrivedMs = this.#arrivedMs[slot] ?? 0;
    out.extensions = payloadAt === at ? noBytes : this.#slab.subarray(at, payloadAt);
    out.payload = this.#slab.subarray(payloadAt, payloadAt + (this.#payloadBytes[slot] ?? 0));
    return out;
  }

  /** Makes room for one packet in one piece and returns its place in the slab. */
  #reserve(bytes: number): number {
    if (this.#slab.length === 0) this.#slab = new Uint8Array(this.#slabBytes);
    let at = this.#written % this.#slabBytes;
    if (at + bytes > this.#slabBytes) {
      this.#written += this.#slabBytes - at;
      at = 0;
    }
    this.#written += bytes;
    return at;
  }
}
