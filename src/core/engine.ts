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
/** A peer inside the engine: one SRTP session each way and one address. */
export type EnginePeer = number & { readonly [peerBrand]: true };

/** How one viewer's copy of a packet differs from the packet that came in. */
export interface Rewrite {
  readonly peer: EnginePeer;
  readonly ssrc: number;
  readonly payloadType: number;
  /** 16-bit sequence number of this viewer's copy. */
  readonly sequence: number;
  /** 32-bit RTP timestamp of this viewer's copy. */
  readonly timestamp: number;
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
   * Rewrites, protects and sends one plain packet to many viewers in one call. `extensions` is the viewer group's ready
   * header extension block (profile, length and data; empty for none): all viewers of one call share it, so callers group
   * viewers by extension profile.
   */
  fanout(packet: FanoutPacket, viewers: readonly Rewrite[]): void;
  /** Called once after each turn of received packets: an engine that batches sends what it holds; others do nothing. */
  flush(): void;
  /** Protects and sends one complete plain RTP packet (RTX) to one viewer. */
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
  readonly extensions: Uint8Array;
}
