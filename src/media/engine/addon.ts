import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** SRTP of one peer in C++, without a socket. Lengths are bytes; a negative result is a refusal ({@link rejectionOf}). */
export interface AddonSession {
  /** Protects the plain packet at the buffer's beginning; 20 bytes must be free behind it. 0 when it cannot. */
  protectRtp(buffer: Uint8Array, plainBytes: number): number;
  protectRtcp(buffer: Uint8Array, plainBytes: number): number;
  unprotectRtp(packet: Uint8Array): number;
  unprotectRtcp(packet: Uint8Array): number;
}

/** Socket, peers and fan-out in C++. Everything that is handed in is checked there. */
export interface AddonEngine {
  readonly port: number;
  /** Packets out, bytes out, send errors. */
  readonly counters: Float64Array;
  /** Received datagrams, one each {@link slotBytes}. */
  readonly slab: Uint8Array;
  /** {@link slotWords} a datagram: length, peer or 0, port. */
  readonly words: Uint32Array;
  /** Whether equal datagrams to one address leave as one message (UDP_SEGMENT). */
  readonly segmentation: boolean;
  setSegmentation(on: boolean): void;
  addPeer(...keysAndAddress: [...AddonKeys, ip: string, port: number]): number;
  setAddress(peer: number, ip: string, port: number): void;
  removePeer(peer: number): void;
  fanout(...packet: AddonFanout): void;
  flush(): void;
  sendRtp(peer: number, packet: Uint8Array): void;
  sendRtcp(peer: number, packet: Uint8Array): void;
  /** False when the socket cannot send to such an address. */
  sendRaw(ip: string, port: number, datagram: Uint8Array): boolean;
  unprotectRtp(peer: number, packet: Uint8Array): number;
  unprotectRtcp(peer: number, packet: Uint8Array): number;
  /** Plain address of the datagram in a slot. */
  senderIp(slot: number): string;
  /** The peer that has this address now, 0 for none. */
  senderPeer(slot: number): number;
  close(): void;
}

/** DTLS-SRTP profile number (RFC 5764 section 4.1.2, RFC 7714 section 14.2), local key and salt, remote key and salt. */
export type AddonKeys = [
  profile: number,
  localKey: Uint8Array,
  localSalt: Uint8Array,
  remoteKey: Uint8Array,
  remoteSalt: Uint8Array,
];

type AddonFanout = [
  payload: Uint8Array,
  extensions: Uint8Array,
  rows: Uint32Array,
  count: number,
  marker: boolean,
  transportAt: number,
  patchAt: number,
  patchBytes: number,
];

/** What native/ exports. */
export interface Addon {
  readonly Engine: new (
    port: number,
    address: string,
    recvBufferBytes: number,
    sendBufferBytes: number,
    /** So many datagrams are in the slots now, or a negative errno. */
    received: (outcome: number) => void,
  ) => AddonEngine;
  readonly SrtpSession: new (...keys: AddonKeys) => AddonSession;
  /** Puts the calling thread before ordinary ones; false when that is not permitted. */
  raisePriority(): boolean;
}

/** Bytes of one slot of {@link AddonEngine.slab}. */
export const slotBytes = 4096;
/** Words of one datagram in {@link AddonEngine.words}. */
export const slotWords = 3;

const builtFile = fileURLToPath(new URL('../../../native/build/frontrow.node', import.meta.url));

/** The addon, or a sentence that says why there is none and what to do. */
export function loadAddon(file = builtFile): Addon | string {
  if (process.platform !== 'linux') return 'the native engine is for Linux';
  if (!existsSync(file)) {
    return 'the native engine is not built: install a C++ compiler (apt-get install g++), then npm run build:native';
  }
  try {
    return createRequire(import.meta.url)(file) as Addon;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `the native engine does not load (${why}): npm run build:native builds it again`;
  }
}

/**
 * Puts the calling thread before ordinary ones where that is permitted (root, or CAP_SYS_NICE); elsewhere nothing changes.
 * For the media thread, so that a busy control plane never delays a packet.
 */
export function raisePriority(): boolean {
  const addon = loadAddon();
  return typeof addon !== 'string' && addon.raisePriority();
}
