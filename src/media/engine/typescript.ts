import {
  rewriteRowWords,
  type DatagramIntake,
  type EngineCounters,
  type EnginePeer,
  type FanoutPacket,
  type MediaEngine,
  type Rejection,
  type RewriteTable,
  type SocketAddress,
} from '#src/core/engine.ts';
import type { SrtpKeys } from '#src/core/plane.ts';
import { writeUint16, writeUint32 } from '#src/rtp/bytes.ts';
import { RtpHeader, rtpFixedHeaderBytes } from '#src/rtp/header.ts';
import { SrtpSession } from './srtp-session.ts';
import { maxDatagramBytes, UdpSocket, type SocketOptions } from './udp-socket.ts';

interface EngineEntry {
  readonly session: SrtpSession;
  wireIp: string;
  port: number;
}

/** The engine in plain TypeScript, on node:dgram and node:crypto: works wherever Node does. */
export class TypescriptEngine implements MediaEngine {
  readonly name = 'typescript';
  readonly #socket: UdpSocket;
  readonly #header = new RtpHeader();
  readonly #peers = new Map<EnginePeer, EngineEntry>();
  readonly #scratch = new Uint8Array(maxDatagramBytes);
  #lastPeer = 0;

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
  }

  /** Binds the socket. Throws Failure `rtc-port-in-use`. */
  static async open(options: SocketOptions, intake: DatagramIntake): Promise<TypescriptEngine> {
    return new TypescriptEngine(await UdpSocket.open(options, intake));
  }

  get counters(): Readonly<EngineCounters> {
    return this.#socket.counters;
  }

  get port(): number {
    return this.#socket.port;
  }

  addPeer(keys: SrtpKeys, address: SocketAddress): EnginePeer {
    const peer = ++this.#lastPeer as EnginePeer;
    const wireIp = this.#socket.wireIp(address.ip);
    this.#peers.set(peer, { session: new SrtpSession(keys), wireIp, port: address.port });
    return peer;
  }

  setAddress(peer: EnginePeer, address: SocketAddress): void {
    const entry = this.#peers.get(peer);
    if (entry === undefined) return;
    entry.wireIp = this.#socket.wireIp(address.ip);
    entry.port = address.port;
  }

  removePeer(peer: EnginePeer): void {
    this.#peers.delete(peer);
  }

  fanout(packet: FanoutPacket, viewers: RewriteTable): void {
    const { extensions, payload, transportAt, patchAt, patchBytes } = packet;
    const headerBytes = rtpFixedHeaderBytes + extensions.length;
    if (this.#refuses(headerBytes + payload.length, viewers.count)) return;
    const firstWord = (extensions.length > 0 ? 0x9000_0000 : 0x8000_0000) + (packet.marker ? 0x80_0000 : 0);
    const plain = patchBytes === 0 ? payload : this.#patched(payload);
    const { words, count } = viewers;
    for (let row = 0, at = 0; row < count; row++, at += rewriteRowWords) {
      const entry = this.#peers.get((words[at] ?? 0) as EnginePeer);
      if (entry === undefined) continue;
      const slot = this.#socket.slot();
      writeUint32(slot, 0, firstWord + (words[at + 2] ?? 0));
      writeUint32(slot, 4, words[at + 3] ?? 0);
      writeUint32(slot, 8, words[at + 1] ?? 0);
      if (extensions.length > 0) slot.set(extensions, rtpFixedHeaderBytes);
      if (transportAt > 0) writeUint16(slot, rtpFixedHeaderBytes + transportAt, words[at + 4] ?? 0);
      const patch = words[at + 5] ?? 0;
      for (let i = 0; i < patchBytes; i++) plain[patchAt + i] = patch >>> (24 - 8 * i);
      this.#socket.sendSlot(slot, entry.session.protectRtp(slot, headerBytes, plain), entry);
    }
  }

  flush(): void {
    // Every datagram was handed to the kernel when it was ready; nothing is held back.
  }

  sendRtp(peer: EnginePeer, packet: Uint8Array): void {
    const entry = this.#peers.get(peer);
    if (entry === undefined || this.#refuses(packet.length, 1)) return;
    if (!this.#header.parseHeader(packet))
      throw new RangeError('sendRtp was handed something that is no RTP packet');
    const { headerBytes } = this.#header;
    const slot = this.#socket.slot();
    slot.set(packet.subarray(0, headerBytes));
    const length = entry.session.protectRtp(slot, headerBytes, packet.subarray(headerBytes));
    this.#socket.sendSlot(slot, length, entry);
  }

  sendRtcp(peer: EnginePeer, packet: Uint8Array): void {
    const entry = this.#peers.get(peer);
    if (entry === undefined || this.#refuses(packet.length, 1)) return;
    const slot = this.#socket.slot();
    slot.set(packet);
    this.#socket.sendSlot(slot, entry.session.protectRtcp(slot, packet.length), entry);
  }

  sendRaw(address: SocketAddress, datagram: Uint8Array): void {
    if (datagram.length > maxDatagramBytes) {
      this.#socket.counters.sendErrors++;
      return;
    }
    const slot = this.#socket.slot();
    slot.set(datagram);
    const wireIp = this.#socket.wireIp(address.ip);
    this.#socket.sendSlot(slot, datagram.length, { wireIp, port: address.port });
  }

  unprotectRtp(peer: EnginePeer, packet: Uint8Array): number | Rejection {
    return this.#peers.get(peer)?.session.unprotectRtp(packet) ?? 'srtp-auth';
  }

  unprotectRtcp(peer: EnginePeer, packet: Uint8Array): number | Rejection {
    return this.#peers.get(peer)?.session.unprotectRtcp(packet) ?? 'srtp-auth';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#peers.clear();
    await this.#socket[Symbol.asyncDispose]();
  }

  /** A copy of a payload that differs from viewer to viewer; the original is not ours to change. */
  #patched(payload: Uint8Array): Uint8Array {
    const copy = this.#scratch.subarray(0, payload.length);
    copy.set(payload);
    return copy;
  }

  /** Drops what cannot go out (larger than any path carries, or behind a full queue) and counts it. */
  #refuses(plainBytes: number, copies: number): boolean {
    if (plainBytes <= maxDatagramBytes - maxOverheadBytes && !this.#socket.congested) return false;
    this.#socket.counters.sendErrors += copies;
    return true;
  }
}

/** GCM's tag and the SRTCP index word. */
const maxOverheadBytes = 20;
