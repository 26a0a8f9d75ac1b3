import { createSocket, type RemoteInfo, type Socket, type SocketType } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { DatagramIntake, DatagramSource, EngineCounters } from '#src/core/engine.ts';
import { errorCode } from '#src/core/error-code.ts';
import { Failure } from '#src/core/failure.ts';

/** Where to bind, and the kernel buffers: a keyframe for many viewers is a burst. */
export interface SocketOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  /** One local address; without it all of them, IPv6 included where the machine has it. */
  readonly address?: string | undefined;
  readonly recvBufferBytes: number;
  readonly sendBufferBytes: number;
}

/** The largest datagram that goes out: media is bounded by the path MTU, DTLS flights are fragmented by their sender. */
export const maxDatagramBytes = 2048;
const slotCount = 512;
/** Datagrams that may wait in user space once the kernel's buffer is full; more are dropped, as a router would. */
const maxQueuedDatagrams = 4096;
const mappedPrefix = '::ffff:';

/**
 * One UDP socket for everybody. Sends go out of reused slots: the kernel normally takes a datagram at once, and only when
 * its buffer is full does Node keep a reference; then the slots are left to it and fresh ones are made.
 */
export class UdpSocket implements AsyncDisposable {
  readonly counters: EngineCounters = { packetsOut: 0, bytesOut: 0, sendErrors: 0 };
  readonly port: number;
  readonly #socket: Socket;
  readonly #dual: boolean;
  #slots: Buffer[] = makeSlots();
  #next = 0;
  #closed = false;

  private constructor(socket: Socket, dual: boolean, intake: DatagramIntake) {
    this.#socket = socket;
    this.#dual = dual;
    this.port = socket.address().port;
    const source: { -readonly [K in keyof DatagramSource]: DatagramSource[K] } = {
      ip: '',
      port: 0,
      peer: undefined,
    };
    socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      source.ip = plainIp(from.address);
      source.port = from.port;
      intake.datagram(bytes, source);
    });
    socket.on('error', (error) => intake.error(error));
  }

  /** Binds. Throws Failure `rtc-port-in-use` when somebody else has the port. */
  static async open(options: SocketOptions, intake: DatagramIntake): Promise<UdpSocket> {
    const wantsV6 = options.address === undefined || isIPv6(options.address);
    const socket = await bindAny(options, wantsV6);
    socket.setRecvBufferSize(options.recvBufferBytes);
    socket.setSendBufferSize(options.sendBufferBytes);
    return new UdpSocket(socket, socket.address().family === 'IPv6', intake);
  }

  /** The form of an address that this socket sends to. */
  wireIp(ip: string): string {
    return this.#dual && !ip.includes(':') ? mappedPrefix + ip : ip;
  }

  /** A buffer of {@link maxDatagramBytes} to build the next datagram in; hand it to {@link sendSlot} at once. */
  slot(): Buffer {
    if (this.#next >= slotCount) {
      this.#next = 0;
      if (this.#socket.getSendQueueCount() > 0) this.#slots = makeSlots();
    }
    return this.#slots[this.#next++] ?? Buffer.allocUnsafe(maxDatagramBytes);
  }

  /** Sends the first `length` bytes of a slot. `wireIp` comes from {@link wireIp}. */
  sendSlot(slot: Buffer, length: number, to: { readonly wireIp: string; readonly port: number }): void {
    if (this.#closed) return;
    this.counters.packetsOut++;
    this.counters.bytesOut += length;
    this.#socket.send(slot.subarray(0, length), to.port, to.wireIp, this.#sent);
  }

  /** Whether so much waits already that further media is better dropped. Asked once per fan-out, not per viewer. */
  get congested(): boolean {
    return !this.#closed && this.#socket.getSendQueueCount() > maxQueuedDatagrams;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  readonly #sent = (error: Error | null): void => {
    if (error !== null && !this.#closed) this.counters.sendErrors++;
  };
}

function makeSlots(): Buffer[] {
  const slab = Buffer.allocUnsafeSlow(slotCount * maxDatagramBytes);
  return Array.from({ length: slotCount }, (_, i) =>
    slab.subarray(i * maxDatagramBytes, (i + 1) * maxDatagramBytes),
  );
}

function plainIp(address: string): string {
  return address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address;
}

/** IPv6 and IPv4 in one socket where the machine has IPv6, else IPv4 alone. */
async function bindAny(options: SocketOptions, wantsV6: boolean): Promise<Socket> {
  if (!wantsV6) return await bind('udp4', options);
  try {
    return await bind('udp6', options);
  } catch (error) {
    if (options.address !== undefined || !isWithoutIpv6(error)) throw error;
    return await bind('udp4', options);
  }
}

async function bind(type: SocketType, options: SocketOptions): Promise<Socket> {
  const family = type === 'udp6' ? 6 : 4;
  const socket = createSocket({
    type,
    ipv6Only: false,
    // Every address here is numeric already; the default would ask the resolver's thread pool for each datagram.
    lookup: (hostname, _options, callback) => callback(null, hostname, family),
  });
  try {
    const listening = once(socket, 'listening');
    socket.bind(options.port, options.address);
    await listening;
    return socket;
  } catch (error) {
    socket.close();
    if (errorCode(error) === 'EADDRINUSE') throw portInUse(options.port);
    throw error;
  }
}

/** The UDP port is taken. */
export function portInUse(port: number): Failure {
  return new Failure(
    'unavailable',
    'rtc-port-in-use',
    `UDP port ${port} is in use by another process; end it or choose another port with FRONTROW_RTC__PORT`,
  );
}

function isWithoutIpv6(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL' || code === 'EINVAL';
}
