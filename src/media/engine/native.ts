import { getSystemErrorName } from 'node:util';
import { markAsUntransferable } from 'node:worker_threads';
import type {
  DatagramIntake,
  DatagramSource,
  EngineCounters,
  EnginePeer,
  FanoutPacket,
  MediaEngine,
  Rejection,
  RewriteTable,
  SocketAddress,
} from '#src/core/engine.ts';
import { errorCode } from '#src/core/error-code.ts';
import type { SrtpKeys } from '#src/core/plane.ts';
import { slotBytes, slotWords, type Addon, type AddonEngine, type AddonKeys } from './addon.ts';
import { portInUse, type SocketOptions } from './udp-socket.ts';

/** The engine in C++: sends the packets of a turn with few system calls, each viewer's in a row. */
export class NativeEngine implements MediaEngine {
  readonly name = 'native';
  readonly port: number;
  readonly #addon: AddonEngine;
  readonly #intake: DatagramIntake;
  readonly #slab: Buffer;
  readonly #source: SlotSource;
  readonly #counters: EngineCounters = { packetsOut: 0, bytesOut: 0, sendErrors: 0 };
  /** Since the batch at hand was received: the peers noted with its datagrams may be others by now. */
  #peersChanged = false;
  #unreachable = 0;
  #closed = false;

  private constructor(addon: AddonEngine, intake: DatagramIntake) {
    this.#addon = addon;
    this.#intake = intake;
    // A listener that transferred a datagram's memory to another thread would take all of it away from the engine.
    markAsUntransferable(addon.slab.buffer);
    this.#slab = Buffer.from(addon.slab.buffer);
    this.#source = new SlotSource(addon);
    this.port = addon.port;
  }

  /** Binds the socket. Throws Failure `rtc-port-in-use`. */
  static open(addon: Addon, options: SocketOptions, intake: DatagramIntake): Promise<NativeEngine> {
    const { port, address = '', recvBufferBytes, sendBufferBytes } = options;
    const opened: { engine?: NativeEngine } = {};
    const received = (outcome: number): void => {
      if (opened.engine !== undefined) opened.engine.#received(outcome);
    };
    try {
      const bound = new addon.Engine(port, address, recvBufferBytes, sendBufferBytes, received);
      opened.engine = new NativeEngine(bound, intake);
      return Promise.resolve(opened.engine);
    } catch (error) {
      const inUse = errorCode(error) === 'EADDRINUSE';
      return Promise.reject(inUse ? portInUse(port) : toError(error));
    }
  }

  get counters(): Readonly<EngineCounters> {
    const [packetsOut = 0, bytesOut = 0, sendErrors = 0] = this.#addon.counters;
    this.#counters.packetsOut = packetsOut;
    this.#counters.bytesOut = bytesOut;
    this.#counters.sendErrors = sendErrors + this.#unreachable;
    return this.#counters;
  }

  /** Whether runs of equal datagrams leave as one message (UDP_SEGMENT). Goes off by itself where the kernel refuses. */
  get segmentation(): boolean {
    return this.#addon.segmentation;
  }

  set segmentation(on: boolean) {
    this.#addon.setSegmentation(on);
  }

  addPeer(keys: SrtpKeys, address: SocketAddress): EnginePeer {
    this.#peersChanged = true;
    return this.#addon.addPeer(...addonKeys(keys), address.ip, address.port) as EnginePeer;
  }

  setAddress(peer: EnginePeer, address: SocketAddress): void {
    this.#peersChanged = true;
    this.#addon.setAddress(peer, address.ip, address.port);
  }

  removePeer(peer: EnginePeer): void {
    this.#peersChanged = true;
    this.#addon.removePeer(peer);
  }

  fanout(packet: FanoutPacket, viewers: RewriteTable): void {
    const { payload, extensions, marker, transportAt, patchAt, patchBytes } = packet;
    const { words, count } = viewers;
    if (count === 0) return;
    this.#addon.fanout(payload, extensions, words, count, marker, transportAt, patchAt, patchBytes);
  }

  flush(): void {
    this.#addon.flush();
  }

  sendRtp(peer: EnginePeer, packet: Uint8Array): void {
    this.#addon.sendRtp(peer, packet);
  }

  sendRtcp(peer: EnginePeer, packet: Uint8Array): void {
    this.#addon.sendRtcp(peer, packet);
  }

  sendRaw(address: SocketAddress, datagram: Uint8Array): void {
    if (!this.#addon.sendRaw(address.ip, address.port, datagram)) this.#unreachable++;
  }

  unprotectRtp(peer: EnginePeer, packet: Uint8Array): number | Rejection {
    const result = this.#addon.unprotectRtp(peer, packet);
    return result >= 0 ? result : rejectionOf(result);
  }

  unprotectRtcp(peer: EnginePeer, packet: Uint8Array): number | Rejection {
    const result = this.#addon.unprotectRtcp(peer, packet);
    return result >= 0 ? result : rejectionOf(result);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#addon.close();
    return Promise.resolve();
  }

  #received(outcome: number): void {
    if (outcome < 0) {
      this.#intake.error(new Error(`receiving failed: ${getSystemErrorName(outcome)}`));
      return;
    }
    this.#peersChanged = false;
    for (let slot = 0; slot < outcome && !this.#closed; slot++) this.#deliver(slot);
  }

  #deliver(slot: number): void {
    const words = this.#addon.words;
    const at = slot * slotWords;
    const begin = slot * slotBytes;
    const peer = this.#peersChanged ? this.#addon.senderPeer(slot) : (words[at + 1] ?? 0);
    this.#source.point(slot, words[at + 2] ?? 0, peer);
    this.#intake.datagram(this.#slab.subarray(begin, begin + (words[at] ?? 0)), this.#source);
  }
}

/** The sender of the datagram in one slot. Spelling an address out costs more than all the rest, so it waits to be asked. */
class SlotSource implements DatagramSource {
  port = 0;
  peer: EnginePeer | undefined;
  readonly #addon: AddonEngine;
  #slot = 0;
  #ip: string | undefined;

  constructor(addon: AddonEngine) {
    this.#addon = addon;
  }

  get ip(): string {
    return (this.#ip ??= this.#addon.senderIp(this.#slot));
  }

  /** From now on this is the sender of another slot's datagram. */
  point(slot: number, port: number, peer: number): void {
    this.#slot = slot;
    this.#ip = undefined;
    this.port = port;
    this.peer = peer === 0 ? undefined : (peer as EnginePeer);
  }
}

/** Keys as the addon takes them. */
export function addonKeys(keys: SrtpKeys): AddonKeys {
  const profile = keys.profile === 'aead-aes-128-gcm' ? 7 : 1;
  return [profile, keys.localKey, keys.localSalt, keys.remoteKey, keys.remoteSalt];
}

const rejections: readonly Rejection[] = ['srtp-auth', 'srtp-replay', 'ssrc-limit', 'malformed'];

/** The reason behind a negative result of the addon. */
export function rejectionOf(result: number): Rejection {
  return rejections[-1 - result] ?? 'malformed';
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
