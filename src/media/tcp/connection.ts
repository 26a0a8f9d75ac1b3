import type { Socket } from 'node:net';
import type { Clock } from '#src/core/clock.ts';
import type { SocketAddress } from '#src/core/engine.ts';
import { classify } from '#src/rtp/header.ts';
import { parseBindingRequest } from '../stun.ts';
import { FrameReader } from './framing.ts';
import type { RelayLimits } from './limits.ts';
import { MappedAddress } from './mapped-address.ts';
import { Outbox, type BatchPool } from './outbox.ts';
import { passwordFor, type DirectoryEntry, type PeerDirectory } from './peer-directory.ts';
import type { RefusalReason, RelayTally } from './tally.ts';
import { WorkerPath } from './worker-path.ts';

/** What all connections share. */
export interface ConnectionParts {
  readonly directory: PeerDirectory;
  readonly limits: RelayLimits;
  readonly tally: RelayTally;
  readonly pool: BatchPool;
  readonly clock: Clock;
  /** Where the media workers are. */
  readonly mediaIp: string;
  readonly events: ConnectionEvents;
}

/** What a connection tells. */
export interface ConnectionEvents {
  /** The first frame proved whose it is. */
  admitted(connection: RelayConnection): void;
  /** It has a way to its worker. */
  attached(connection: RelayConnection): void;
  /** Something waits in its outbox. */
  holds(connection: RelayConnection): void;
  /** The TCP side is no more. */
  closed(connection: RelayConnection): void;
  bug(error: unknown): void;
}

/** Frames that came behind the first one while the way to the worker was opened. */
const maxEarlyFrames = 32;

/** One TCP connection: a stranger until its first frame, then a pipe between a client and its media worker. */
export class RelayConnection {
  readonly remote: SocketAddress;
  readonly openedMs: number;
  heardMs: number;
  /** Whose it is, since its first frame. */
  entry: DirectoryEntry | undefined;
  path: WorkerPath | undefined;
  /** The worker sent more than answers to checks this way. */
  carried = false;
  /** Set when its peer left: the last words of the worker still pass. */
  closeAtMs: number | undefined;
  readonly #parts: ConnectionParts;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #outbox: Outbox;
  readonly #mapped: MappedAddress;
  readonly #early: Buffer[] = [];
  #closed = false;

  constructor(socket: Socket, remote: SocketAddress, parts: ConnectionParts) {
    const { limits, pool, clock } = parts;
    this.remote = remote;
    this.openedMs = clock.nowMs();
    this.heardMs = this.openedMs;
    this.#parts = parts;
    this.#socket = socket;
    this.#reader = new FrameReader(limits.frameBytes);
    this.#outbox = new Outbox(socket, { limits: limits.backlog, pool, clock });
    this.#mapped = new MappedAddress(remote);
    socket.on('data', (chunk: Buffer) => this.#guard(() => this.#read(chunk)));
    // What broke it does not matter; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
  }

  get isKnown(): boolean {
    return this.entry !== undefined;
  }

  /** Cuts the connection. Who is not one of ours gets no byte and no farewell. */
  close(reason?: RefusalReason): void {
    if (this.#closed) return;
    if (reason !== undefined) this.#parts.tally.refuse(reason);
    this.#socket.destroy();
    this.#end();
  }

  /** Ends the connection behind what was written. */
  finish(): void {
    if (this.#closed) return;
    this.flush();
    this.#socket.destroySoon();
  }

  /** Writes what the turn brought. */
  flush(): void {
    if (this.#closed) return;
    this.#outbox.flush();
    if (this.#outbox.isStuck) this.close('stuck');
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#early.length = 0;
    this.#parts.events.closed(this);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#parts.events.bug(error);
      this.close('bug');
    }
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    this.heardMs = this.#parts.clock.nowMs();
    if (!this.#reader.read(chunk, this.#hear)) this.close('oversize');
  }

  readonly #hear = (frame: Buffer): boolean => {
    const { tally } = this.#parts;
    tally.framesIn++;
    tally.bytesIn += frame.length;
    if (!this.isKnown && this.#early.length === 0) this.#introduce(frame);
    else if (this.path === undefined) this.#keep(frame);
    else this.#forward(frame, this.path);
    return !this.#closed;
  };

  /** The first frame again: the peer that it names may have been added by now. */
  retry(): void {
    const [first, ...others] = this.#early.splice(0);
    if (this.isKnown || first === undefined) return;
    this.#guard(() => this.#introduce(first));
    for (const frame of others) this.#keep(frame);
  }

  /** The client may be faster than the news of its session: it is not read from until these came. */
  #introduce(frame: Buffer): void {
    const { directory, events, limits, clock } = this.#parts;
    const outcome = directory.authenticate(frame);
    if (outcome === 'unknown' && clock.nowMs() - this.openedMs < limits.unknownMs) {
      this.#socket.pause();
      this.#keep(frame);
    } else if (typeof outcome === 'string') this.close('unauthenticated');
    else {
      this.entry = outcome;
      events.admitted(this);
      this.#keep(frame);
      this.#socket.resume();
      void this.#open(outcome.workerPort);
    }
  }

  #keep(frame: Buffer): void {
    if (!this.#closed && this.#early.length < maxEarlyFrames) this.#early.push(frame);
  }

  async #open(port: number): Promise<void> {
    const { mediaIp } = this.#parts;
    const worker: SocketAddress = { ip: mediaIp, port, family: mediaIp.includes(':') ? 6 : 4 };
    let path: WorkerPath;
    try {
      path = await WorkerPath.open(worker, {
        datagram: (bytes) => this.#guard(() => this.#passOn(bytes)),
        failed: () => this.close('no-socket'),
      });
    } catch {
      this.close('no-socket');
      return;
    }
    if (this.#closed) {
      path[Symbol.dispose]();
      return;
    }
    this.path = path;
    this.#parts.events.attached(this);
    for (const frame of this.#early.splice(0)) this.#guard(() => this.#forward(frame, path));
  }

  /**
   * From the client to the worker. Checks must be for the peer that the connection proved to be: whoever is let in by one
   * session's password cannot try another one's from here.
   */
  #forward(frame: Buffer, path: WorkerPath): void {
    if (classify(frame) === 'stun') {
      const request = parseBindingRequest(frame);
      const entry = this.entry && this.#parts.directory.get(this.entry.peer);
      if (typeof request === 'string' || entry === undefined) return;
      const password = passwordFor(entry, request.localUfrag);
      if (password === undefined) return;
      this.#mapped.asked(request.transaction, password);
    }
    path.send(frame);
  }

  /** From the worker to the client. */
  #passOn(datagram: Buffer): void {
    if (this.#closed) return;
    const { tally, events } = this.#parts;
    const kind = classify(datagram);
    if (kind !== 'stun') this.carried = true;
    const packet = kind === 'stun' ? this.#mapped.answer(datagram) : datagram;
    const held = this.#outbox.holds();
    if (this.#outbox.put(packet, kind === 'rtp')) {
      tally.framesOut++;
      tally.bytesOut += packet.length;
    } else tally.framesDropped++;
    if (!held && this.#outbox.holds()) events.holds(this);
  }
}
