import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { SocketAddress } from '#src/core/engine.ts';

/** A keyframe for one viewer arrives as a burst. */
const bufferBytes = 2_097_152;

/** Who hears a path. */
export interface PathListener {
  /** A datagram of the media worker; it may be kept. */
  datagram(bytes: Buffer): void;
  failed(): void;
}

/**
 * The way of one TCP connection to its media worker: a UDP socket of its own, so that to the worker it is a client like any
 * other, with an address and proofs of its own. It is connected, so the kernel lets nothing in but what the worker sent.
 */
export class WorkerPath implements Disposable {
  readonly localPort: number;
  readonly #socket: Socket;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.localPort = socket.address().port;
  }

  /** Binds and connects; throws when the system has no socket left. */
  static async open(worker: SocketAddress, listener: PathListener): Promise<WorkerPath> {
    const family = isIPv6(worker.ip) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      recvBufferSize: bufferBytes,
      sendBufferSize: bufferBytes,
      // The address is numeric; the default would ask the resolver's threads.
      lookup: (hostname, _options, callback) => callback(null, hostname, family),
    });
    try {
      const listening = once(socket, 'listening');
      socket.bind(0, worker.ip);
      await listening;
      const connected = once(socket, 'connect');
      socket.connect(worker.port, worker.ip);
      await connected;
    } catch (error) {
      socket.close();
      throw error;
    }
    const path = new WorkerPath(socket);
    socket.on('message', (bytes) => listener.datagram(bytes));
    socket.on('error', () => {
      if (!path.#closed) listener.failed();
    });
    return path;
  }

  /** Sends one frame; it must not be changed any more. */
  send(frame: Uint8Array): void {
    // A worker that is gone or full is noticed by its silence, as with any UDP.
    if (!this.#closed) this.#socket.send(frame, ignoreOutcome);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

const ignoreOutcome = (): void => undefined;
