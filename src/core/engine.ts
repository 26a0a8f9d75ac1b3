import type { SrtpKeys } from './plane.ts';

/** IPv4 or IPv6 socket address. */
export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** Why a protected packet was refused. */
export type Rejection = 'srtp-auth' | 'srtp-replay' | 'ssrc-limit' | 'malformed';

declare const peerBrand: unique symbol;
/** A peer inside the engine: one SRTP session each way and one address. Small positive integers that may be used again. */
export type EnginePeer = number & { readonly [peerBrand]: true };

/**
 * Where a datagram came from. The object is valid during the call only: an engine may use it again, and may spell the
 * address out only when it is asked for.
 */
export interface DatagramSource {
  /** Plain form: an IPv4 address never looks like `::ffff:192.0.2.1`. */
  readonly ip: string;
  readonly port: number;
  /** The engine's peer that has this address now, when the engine knows without being asked to search. */
  readonly peer: EnginePeer | undefined;
}

/** Who hears the engine's socket. Both are called from the event loop and must not throw. */
export interface DatagramIntake {
  /** `bytes` may be changed, and belongs to the engine again when the call returns. */
  datagram(bytes: Buffer, from: DatagramSource): void;
  error(error: Error): void;
}

export interface EngineCounters {
  packetsOut: number;
  bytesOut: number;
  sendErrors: number;
}

/**
 * The one seam between TypeScript and a native addon: owns the socket and every SRTP and SRTCP index. It holds no media
 * policy. One conformance suite tests every engine.
 */
export interface MediaEngine extends AsyncDisposable {
  readonly name: 'typescript' | 'native';
  readonly counters: Readonly<EngineCounters>;
  readonly port: number;
  addPeer(keys: SrtpKeys, address: SocketAddress): EnginePeer;
  setAddress(peer: EnginePeer, address: SocketAddress): void;
  removePeer(peer: EnginePeer): void;
  /**
   * Rewrites, protects and sends one plain packet to many viewers in one call. All viewers of one call share the header
   * extension block but for the transport-wide number, so callers group viewers by extension profile. Everything is read
   * before the call returns; an engine that batches sends at {@link flush} at the latest.
   */
  fanout(packet: FanoutPacket, viewers: RewriteTable): void;
  /** Called once after each turn of received packets: an engine that batches sends what it holds; others do nothing. */
  flush(): void;
  /** Protects and sends one complete plain RTP packet (RTX) to one viewer, behind what fan-out holds for it. */
  sendRtp(peer: EnginePeer, packet: Uint8Array): void;
  /** Protects and sends one compound RTCP packet. */
  sendRtcp(peer: EnginePeer, packet: Uint8Array): void;
  /** Sends as it is: STUN and DTLS. */
  sendRaw(address: SocketAddress, datagram: Uint8Array): void;
  /** Unprotects in place; returns the plain length, or why it was refused. */
  unprotectRtp(peer: EnginePeer, packet: Uint8Array): number | Rejection;
  unprotectRtcp(peer: EnginePeer, packet: Uint8Array): number | Rejection;
}

/** What all viewers of one fan-out call share. */
export interface FanoutPacket {
  readonly marker: boolean;
  readonly payload: Uint8Array;
  /** Complete header extension block (profile, length, elements); empty for none. */
  readonly extensions: Uint8Array;
  /** Where in the block each viewer's 16-bit transport-wide number goes; 0 when there is none. */
  readonly transportAt: number;
  /** Where in the payload each viewer's patch goes, and its length: 0 (none) to 4 bytes. */
  readonly patchAt: number;
  readonly patchBytes: number;
}

/** 32-bit words of one row of a {@link RewriteTable}. */
export const rewriteRowWords = 6;

/**
 * How the viewers' copies of a packet differ from the packet that came in: one row for each viewer, packed so that an engine
 * in another language reads it without touching an object. Filled again for every packet. A row is: peer; SSRC; payload type
 * (bits 16 to 22) and sequence number (bits 0 to 15); RTP timestamp; transport-wide number; patch, its first byte in bits 24
 * to 31.
 */
export class RewriteTable {
  /** {@link rewriteRowWords} words a row; replaced by a larger array when it is full. */
  words = new Uint32Array(64 * rewriteRowWords);
  /** Rows in use. */
  count = 0;

  clear(): void {
    this.count = 0;
  }

  /** Adds a viewer's row; {@link setTransport} and {@link setPatch} complete it where the packet has these. */
  add(peer: EnginePeer, ssrc: number, payloadTypeAndSequence: number, timestamp: number): void {
    const at = this.count * rewriteRowWords;
    if (at === this.words.length) this.#grow();
    const words = this.words;
    words[at] = peer;
    words[at + 1] = ssrc;
    words[at + 2] = payloadTypeAndSequence;
    words[at + 3] = timestamp;
    words[at + 4] = 0;
    words[at + 5] = 0;
    this.count += 1;
  }

  /** Transport-wide sequence number of the row added last. */
  setTransport(sequence: number): void {
    this.words[(this.count - 1) * rewriteRowWords + 4] = sequence;
  }

  /** Payload bytes of the row added last, left-aligned in 32 bits. */
  setPatch(bytes: number): void {
    this.words[(this.count - 1) * rewriteRowWords + 5] = bytes;
  }

  #grow(): void {
    const larger = new Uint32Array(this.words.length * 2);
    larger.set(this.words);
    this.words = larger;
  }
}
