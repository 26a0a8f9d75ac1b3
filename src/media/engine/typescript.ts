import type {
  EngineCounters,
  EnginePeer,
  FanoutPacket,
  MediaEngine,
  Rejection,
  Rewrite,
  SocketAddress,
} from '#src/core/engine.ts';
import type { SrtpKeys } from '#src/core/plane.ts';
import { RtpHeader, rtpFixedHeaderBytes } from '#src/rtp/header.ts';
import { SrtpSession } from './srtp-session.ts';
import { maxDatagramBytes, UdpSocket, type SocketIntake, type SocketOptions } from './udp-socket.ts';

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
  #lastPeer = 0;

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
  }

  /** Binds the socket. Throws Failure `rtc-port-in-use`. */
  static async open(options: SocketOptions, intake: SocketIntake): Promise<TypescriptEngine> {
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

  fanout(packet: FanoutPacket, viewers: readonly Rewrite[]): void {
    const headerBytes = rtpFixedHeaderBytes + packet.extensions.length;
    if (this.#refuses(headerBytes + packet.payload.length, viewers.length)) return;
    const firstByte = packet.extensions.length > 0 ? 0x90 : 0x80;
    const markerBit = packet.marker ? 0x80 : 0;
    for (const viewer of viewers) {
      const entry = this.#peers.get(viewer.peer);
      if (entry === undefined) continue;
      const slot = this.#socket.slot();
      slot[0] = firstByte;
      slot[1] = markerBit | viewer.payloadType;
      slot.writeUInt16BE(viewer.sequence, 2);
      slot.writeUInt32BE(viewer.timestamp, 4);
      slot.writeUInt32BE(viewer.ssrc, 8);
      if (packet.extensions.length > 0) slot.set(packet.extensions, rtpFixedHeaderBytes);
      this.#socket.sendSlot(slot, entry.session.protectRtp(slot, headerBytes, packet.payload), entry);
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

  /** Drops what cannot go out (larger than any path carries, or behind a full queue) and counts it. */
  #refuses(plainBytes: number, copies: number): boolean {
    if (plainBytes <= maxDatagramBytes - maxOverheadBytes && !this.#socket.congested) return false;
    this.#socket.counters.sendErrors += copies;
    return true;
  }
}

/** GCM's tag and the SRTCP index word. */
const maxOverheadBytes = 20;
