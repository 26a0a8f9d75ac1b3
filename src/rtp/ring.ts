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

/** Packets of this size on average fill slots and slab of a grown ring together. */
const meanPacketBytes = 512;
/** How far behind a keyframe's first packet in number its later ones may have come before it. */
const reorderSpan = 64;

const markerFlag = 0x80;
const keyframeFlag = 0x100;

/**
 * The last packets of one source, for retransmission. Copies go one behind the other into a single slab; what the slab or the
 * slots overtake is gone, so memory is bounded both ways and nothing is allocated per packet. The slab is allocated with the
 * first packet: layers that never send cost nothing. A ring that was told to keep what came since a keyframe grows, by
 * doubling, before it would overwrite any of that, until it has the room it was allowed.
 */
export class PacketRing {
  #slots: number;
  #slabBytes: number;
  #slab = noBytes;
  /** Bytes ever written, gaps at the slab's end included; position modulo slab size is the place in it. */
  #written = 0;
  #highest = -1;
  /** What lies before was overwritten before the slab grew. */
  #oldestPosition = 0;
  /** Kept from here on while the ring may grow; -1 keeps nothing. */
  #keptSequence = -1;
  #keptPosition = -1;
  #growthLimitBytes = 0;
  /** Slots that were taken again before there were more of them: what comes for one of these may be a duplicate. */
  #overtaken = -1;
  #sequences: Float64Array;
  #positions: Float64Array;
  #arrivedMs: Float64Array;
  #timestamps: Uint32Array;
  #payloadBytes: Uint16Array;
  #extensionBytes: Uint16Array;
  /** Payload type in the low 7 bits, then marker and keyframe. */
  #flags: Uint16Array;
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

  /** Memory of payloads now. */
  get slabBytes(): number {
    return this.#slabBytes;
  }

  /** Keeps this packet and all behind it by growing, until the slab has room for so many bytes. */
  keepFrom(sequence: number, limitBytes: number): void {
    const slot = sequence % this.#slots;
    this.#keptSequence = sequence;
    this.#keptPosition = this.#positions[slot] ?? 0;
    this.#growthLimitBytes = limitBytes;
    for (let later = sequence + 1; later <= Math.min(this.#highest, sequence + reorderSpan); later += 1) {
      const position = this.#positions[later % this.#slots] ?? 0;
      if (this.has(later) && position < this.#keptPosition) this.#keptPosition = position;
    }
  }

  /** From now on the oldest packets go first, whatever they are. */
  keepNothing(): void {
    this.#keptSequence = -1;
    this.#keptPosition = -1;
  }

  /**
   * Copies a packet in. False when it is already here (a duplicate), too old for the ring or larger than a datagram: such a
   * packet must not be forwarded, or two different packets could leave under one number.
   */
  store(packet: StoredPacket): boolean {
    const extensionBytes = packet.extensions.length;
    const bytes = extensionBytes + packet.payload.length;
    if (this.#keptSequence >= 0) this.#growFor(packet.sequence, bytes);
    const slot = packet.sequence % this.#slots;
    const isTooOld = packet.sequence <= this.#highest - this.#slots || packet.sequence <= this.#overtaken;
    if (isTooOld || bytes > 0xffff || bytes > this.#slabBytes) return false;
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
      (this.#positions[slot] ?? 0) >= this.#oldestPosition &&
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

  /** Grows when this packet would overwrite one that is kept. */
  #growFor(sequence: number, bytes: number): void {
    // Room is taken in one piece, so that up to one packet's length at the slab's end stays unused.
    const slabFull = this.#written + 2 * bytes - this.#keptPosition > this.#slabBytes;
    const mayGrow = this.#slab.length > 0 && this.#slabBytes < this.#growthLimitBytes;
    if (slabFull && mayGrow) this.#growSlab(this.#slabBytes * 2);
    const slotsFull = sequence - this.#keptSequence >= this.#slots;
    if (slotsFull && this.#slots * 2 <= this.#growthLimitBytes / meanPacketBytes) this.#growSlots();
  }

  /** Positions count on: what lay in the old slab's turn goes to its place in the larger one's. */
  #growSlab(bytes: number): void {
    const [old, oldBytes] = [this.#slab, this.#slabBytes];
    const slab = new Uint8Array(bytes);
    this.#oldestPosition = Math.max(this.#oldestPosition, this.#written - oldBytes);
    for (let from = this.#oldestPosition; from < this.#written;) {
      const length = Math.min(oldBytes - (from % oldBytes), this.#written - from);
      slab.set(old.subarray(from % oldBytes, (from % oldBytes) + length), from % bytes);
      from += length;
    }
    this.#slab = slab;
    this.#slabBytes = bytes;
  }

  #growSlots(): void {
    const [oldSlots, slots] = [this.#slots, this.#slots * 2];
    const old = this.#sequences;
    const moved = <A extends Float64Array | Uint32Array | Uint16Array>(from: A, to: A): A => {
      for (let slot = 0; slot < oldSlots; slot += 1) {
        const sequence = old[slot] ?? -1;
        if (sequence >= 0) to[sequence % slots] = from[slot] ?? 0;
      }
      return to;
    };
    this.#sequences = moved(old, new Float64Array(slots).fill(-1));
    this.#positions = moved(this.#positions, new Float64Array(slots));
    this.#arrivedMs = moved(this.#arrivedMs, new Float64Array(slots));
    this.#timestamps = moved(this.#timestamps, new Uint32Array(slots));
    this.#payloadBytes = moved(this.#payloadBytes, new Uint16Array(slots));
    this.#extensionBytes = moved(this.#extensionBytes, new Uint16Array(slots));
    this.#flags = moved(this.#flags, new Uint16Array(slots));
    this.#slots = slots;
    this.#overtaken = this.#highest - oldSlots;
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
