import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { RtpHeader, SrtcpSession, SrtpSession } from 'werift';
import type { MediaEngine, SocketAddress } from '#src/core/engine.ts';
import type { SrtpKeys, SrtpProfile } from '#src/core/plane.ts';

/** A header extension block with one element (RFC 8285 section 4.2). */
export const extensionBlock = Buffer.from('bede000110310000', 'hex');

/** What a story runs with: an engine on 127.0.0.1, and somebody who hears what it sends. */
export interface Rig {
  readonly engine: MediaEngine;
  readonly sink: Sink;
}

/** Keys that only tests use. */
export function keysOf(profile: SrtpProfile, seed = 0): SrtpKeys {
  const saltBytes = profile === 'aead-aes-128-gcm' ? 12 : 14;
  return {
    profile,
    localKey: Buffer.alloc(16, 0x11 + seed),
    localSalt: Buffer.alloc(saltBytes, 0x22 + seed),
    remoteKey: Buffer.alloc(16, 0x33 + seed),
    remoteSalt: Buffer.alloc(saltBytes, 0x44 + seed),
  };
}

/** The same session from the other side. */
export function mirrored(keys: SrtpKeys): SrtpKeys {
  return {
    profile: keys.profile,
    localKey: keys.remoteKey,
    localSalt: keys.remoteSalt,
    remoteKey: keys.localKey,
    remoteSalt: keys.localSalt,
  };
}

function weriftConfig(keys: SrtpKeys): ConstructorParameters<typeof SrtcpSession>[0] {
  return {
    profile: keys.profile === 'aead-aes-128-gcm' ? 7 : 1,
    keys: {
      localMasterKey: Buffer.from(keys.localKey),
      localMasterSalt: Buffer.from(keys.localSalt),
      remoteMasterKey: Buffer.from(keys.remoteKey),
      remoteMasterSalt: Buffer.from(keys.remoteSalt),
    },
  };
}

/** werift with the same keys on our side: what it encrypts is what our engine must send. */
export function weriftRtp(keys: SrtpKeys): {
  encrypt(sequence: number, payload: Buffer, header: RtpHeader): Buffer;
  decrypt(datagram: Buffer): Buffer;
} {
  const encrypting = new SrtpSession(weriftConfig(keys));
  const decrypting = new SrtpSession(weriftConfig(mirrored(keys)));
  let last: number | undefined;
  return {
    encrypt: (sequence, payload, header) => {
      // Its rollover detection wants neighbours: walk it to just before the packet, so that it sees every wrap.
      if (last !== undefined) {
        for (let step = (last + 90) & 0xffff; distance(step, sequence) > 0; step = (step + 90) & 0xffff) {
          const walk = RtpHeader.deSerialize(header.serialize(header.serializeSize));
          walk.sequenceNumber = step;
          encrypting.encrypt(Buffer.alloc(1), walk);
        }
      }
      last = sequence;
      return encrypting.encrypt(payload, header);
    },
    decrypt: (datagram) => decrypting.decrypt(datagram),
  };
}

/** The same for RTCP. */
export function weriftRtcp(keys: SrtpKeys): {
  encrypt(packet: Buffer): Buffer;
  decrypt(datagram: Buffer): Buffer;
} {
  const encrypting = new SrtcpSession(weriftConfig(keys));
  const decrypting = new SrtcpSession(weriftConfig(mirrored(keys)));
  return {
    encrypt: (packet) => encrypting.encrypt(packet),
    decrypt: (datagram) => decrypting.decrypt(datagram),
  };
}

function distance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** A UDP socket on 127.0.0.1 that keeps what it hears. */
export class Sink {
  readonly socket: Socket;
  readonly address: SocketAddress;
  static readonly #open = new Set<Sink>();
  readonly #heard: Buffer[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    const { address, port } = socket.address();
    this.address = { ip: address, port, family: address === '::1' ? 6 : 4 };
    socket.on('message', (bytes) => this.#heard.push(bytes));
  }

  static async open(ip: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Sink> {
    const socket = createSocket(ip === '::1' ? 'udp6' : 'udp4');
    socket.bind(0, ip);
    await once(socket, 'listening');
    const sink = new Sink(socket);
    Sink.#open.add(sink);
    return sink;
  }

  async take(count: number): Promise<Buffer[]> {
    await until(() => this.#heard.length >= count);
    return this.#heard.splice(0, count);
  }

  /** Closes every sink that was opened. */
  static closeAll(): void {
    for (const sink of Sink.#open) sink.socket.close();
    Sink.#open.clear();
  }
}

/** Waits, for at most 10 s. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error('waited 10 s in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
