import { createHmac } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { crc32 } from 'node:zlib';
import { systemClock, type Clock } from '#src/core/clock.ts';
import { nextPeerId, type PeerId, type PublicationId } from '#src/core/ids.ts';
import type { IceCredentials, MediaPlane, PlaneEvent, SrtpKeys, SrtpProfile } from '#src/core/plane.ts';
import { SrtpSession } from '#src/media/engine/srtp-session.ts';
import { RtpHeader, writeRtpHeader, type RtpHeaderFields } from '#src/rtp/header.ts';
import { keysOf, mirrored } from '#test/conformance/engine-kit.ts';
import { until } from '#test/kit/wait.ts';

/** Waits for a condition, for at most 10 s, on a crowded machine for longer. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  await until(what, condition, { timeoutMs: 10_000, everyMs: 2 });
}

/** The real clock, which a test can put forward. */
export class SteppedClock implements Clock {
  aheadMs = 0;

  nowMs(): number {
    return systemClock.nowMs() + this.aheadMs;
  }

  wallMs(): number {
    return systemClock.wallMs() + this.aheadMs;
  }
}

/** Options of an ICE check. */
export interface CheckOptions {
  readonly nominate?: boolean;
  readonly controlled?: boolean;
  readonly fingerprint?: boolean;
  readonly extraAttribute?: number;
}

/** A STUN binding request, as an ICE agent makes it (RFC 8445 section 7.1). */
export function bindingRequest(username: string, password: string, options: CheckOptions = {}): Buffer {
  const attributes: Buffer[] = [tlv(0x0006, Buffer.from(username)), tlv(0x0024, Buffer.from([1, 2, 3, 4]))];
  attributes.push(tlv(options.controlled === true ? 0x8029 : 0x802a, Buffer.alloc(8, 1)));
  if (options.nominate !== false) attributes.push(tlv(0x0025, Buffer.alloc(0)));
  if (options.extraAttribute !== undefined) attributes.push(tlv(options.extraAttribute, Buffer.alloc(4)));
  const body = Buffer.concat(attributes);
  const header = Buffer.alloc(20);
  header.writeUInt16BE(1, 0);
  header.writeUInt32BE(0x2112a442, 4);
  header.set(crypto.getRandomValues(new Uint8Array(12)), 8);
  header.writeUInt16BE(body.length + 24, 2);
  const integrity = createHmac('sha1', password).update(header).update(body).digest();
  const signed = Buffer.concat([header, body, tlv(0x0008, integrity)]);
  if (options.fingerprint === false) return signed;
  signed.writeUInt16BE(signed.length - 20 + 8, 2);
  const print = Buffer.alloc(4);
  print.writeUInt32BE((crc32(signed) ^ 0x5354554e) >>> 0);
  return Buffer.concat([signed, tlv(0x8028, print)]);
}

function tlv(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + ((value.length + 3) & ~3));
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  padded.set(value, 4);
  return padded;
}

/** The payload of a VP8 packet that begins a frame. */
export function vp8(kind: 'key' | 'delta', bytes = 100): Buffer {
  const payload = Buffer.alloc(bytes, 7);
  payload[0] = 0x10;
  payload[1] = kind === 'key' ? 0x00 : 0x01;
  if (kind === 'key') payload.set([0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01], 4);
  return payload;
}

/** A plain packet that a peer received. */
export interface HeardPacket extends RtpHeaderFields {
  readonly payload: Buffer;
  readonly extensions: Buffer;
}

/** What a plane of several workers must know of a peer beforehand. */
export interface PeerSeat {
  readonly publication: PublicationId;
  readonly role: 'publisher' | 'viewer';
}

let lastUfrag = 0;

/** A WebRTC peer with everything but DTLS: checks, SRTP and SRTCP over a real socket. */
export class TestPeer implements AsyncDisposable {
  readonly id: PeerId = nextPeerId();
  readonly local: IceCredentials = {
    ufrag: `peer${String(++lastUfrag)}`,
    password: 'a password of the plane',
  };
  readonly keys: SrtpKeys;
  readonly stun: Buffer[] = [];
  readonly rtp: HeardPacket[] = [];
  readonly rtcp: Buffer[] = [];
  readonly dtls: Buffer[] = [];
  /** Packets for which this is true are lost on their way to the peer. */
  loses: (packet: HeardPacket) => boolean = () => false;
  /** Sees each datagram first; false keeps it from the peer. */
  onDatagram: (datagram: Buffer) => boolean = () => true;
  /** Where the plane hears this peer. */
  planePort: number;
  readonly #plane: MediaPlane;
  readonly #srtp: SrtpSession;
  #socket!: Socket;

  private constructor(plane: MediaPlane, profile: SrtpProfile) {
    this.#plane = plane;
    this.planePort = plane.port;
    this.keys = keysOf(profile, lastUfrag % 50);
    this.#srtp = new SrtpSession(mirrored(this.keys));
  }

  /** A peer that the plane knows, with a check answered and keys in place. */
  static async join(
    plane: MediaPlane,
    profile: SrtpProfile = 'aead-aes-128-gcm',
    seat?: PeerSeat,
  ): Promise<TestPeer> {
    const peer = await TestPeer.open(plane, profile, seat);
    await peer.check();
    plane.send({ type: 'secure', peer: peer.id, keys: peer.keys });
    return peer;
  }

  /** A peer that the plane knows and that has sent nothing yet. */
  static async open(
    plane: MediaPlane,
    profile: SrtpProfile = 'aead-aes-128-gcm',
    seat?: PeerSeat,
  ): Promise<TestPeer> {
    const peer = new TestPeer(plane, profile);
    if (seat !== undefined) peer.planePort = plane.place(peer.id, seat.publication, seat.role);
    await peer.move();
    const remote = { ufrag: 'theirs', password: 'a password of the peer!!' };
    plane.send({ type: 'add-peer', peer: peer.id, local: peer.local, remote });
    return peer;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Goes on from another port, as after a NAT rebinding. */
  async move(): Promise<void> {
    const before = this.#socket as Socket | undefined;
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.on('message', (bytes) => this.#hear(bytes));
    this.#socket = socket;
    before?.close();
  }

  /** Sends a check and waits for its answer. */
  async check(options: CheckOptions & { readonly credentials?: IceCredentials } = {}): Promise<Buffer> {
    const { ufrag, password } = options.credentials ?? this.local;
    const request = bindingRequest(`${ufrag}:theirs`, password, options);
    const isAnswer = (answer: Buffer): boolean => answer.subarray(4, 20).equals(request.subarray(4, 20));
    // Repeated like a real agent's: the plane may still be about to hear of this peer.
    let nextMs = 0;
    await eventually('an answer to a check', () => {
      if (performance.now() >= nextMs) {
        nextMs = performance.now() + 100;
        this.sendRaw(request);
      }
      return this.stun.some(isAnswer);
    });
    return this.stun.find(isAnswer)!;
  }

  sendRaw(datagram: Uint8Array): void {
    this.#socket.send(datagram, this.planePort, '127.0.0.1');
  }

  sendRtp(fields: RtpHeaderFields, payload: Uint8Array, extensions: Uint8Array = new Uint8Array(0)): void {
    const out = Buffer.alloc(2_048);
    const headerBytes = writeRtpHeader(out, fields, extensions);
    this.sendRaw(out.subarray(0, this.#srtp.protectRtp(out, headerBytes, payload)));
  }

  sendRtcp(compound: Uint8Array): void {
    const out = Buffer.alloc(2_048);
    out.set(compound);
    this.sendRaw(out.subarray(0, this.#srtp.protectRtcp(out, compound.length)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#plane.send({ type: 'remove-peer', peer: this.id });
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #hear(datagram: Buffer): void {
    if (!this.onDatagram(datagram)) return;
    const first = datagram[0] ?? 0;
    if (first < 4) this.stun.push(datagram);
    else if (first < 64) this.dtls.push(datagram);
    else if ((datagram[1] ?? 0) >= 192 && (datagram[1] ?? 0) < 224) {
      const length = this.#srtp.unprotectRtcp(datagram);
      if (typeof length !== 'number') throw new Error(`peer could not read RTCP: ${length}`);
      this.rtcp.push(datagram.subarray(0, length));
    } else this.#hearRtp(datagram);
  }

  #hearRtp(datagram: Buffer): void {
    const length = this.#srtp.unprotectRtp(datagram);
    if (typeof length !== 'number') throw new Error(`peer could not read RTP: ${length}`);
    const packet = datagram.subarray(0, length);
    const header = new RtpHeader();
    if (!header.parse(packet)) throw new Error('the plane sent a malformed packet');
    const { payloadType, marker, sequence, timestamp, ssrc } = header;
    const heard = {
      payloadType,
      marker,
      sequence,
      timestamp,
      ssrc,
      payload: Buffer.from(header.payload(packet)),
      extensions: Buffer.from(header.extensionBlock(packet)),
    };
    if (!this.loses(heard)) this.rtp.push(heard);
  }
}

/** Events of a plane, kept by type. */
export class EventLog implements Disposable {
  readonly all: PlaneEvent[] = [];
  readonly #listening: Disposable;

  constructor(plane: MediaPlane) {
    this.#listening = plane.listen((event) => this.all.push(event));
  }

  of<T extends PlaneEvent['type']>(type: T): Extract<PlaneEvent, { readonly type: T }>[] {
    return this.all.filter(
      (event): event is Extract<PlaneEvent, { readonly type: T }> => event.type === type,
    );
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
