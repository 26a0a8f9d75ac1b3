import { connect, type Socket } from 'node:net';

/** An answer over a raw connection; the body is valid until the next request. */
export interface RawAnswer {
  readonly status: number;
  readonly gzip: boolean;
  readonly body: Buffer;
}

/** Where a raw connection goes, and what it tells. */
export interface RawWay {
  readonly port: number;
  /** Source address: one has too few ports for all. */
  readonly from: string;
  onAnswer(answer: RawAnswer): void;
  /** It ended, or what came is no HTTP/1.1 answer that we know. */
  onEnd(): void;
}

const headEnd = Buffer.from('\r\n\r\n');
const none = Buffer.alloc(0);

/**
 * A kept HTTP/1.1 connection with one request at a time, read by hand: ten thousand of them must cost a fraction of a core, or
 * the client would be what is measured.
 */
export class RawConnection {
  readonly #socket: Socket;
  readonly #way: RawWay;
  #received: Buffer = none;
  #head:
    | { readonly status: number; readonly gzip: boolean; readonly at: number; readonly length: number }
    | undefined;

  constructor(way: RawWay) {
    this.#way = way;
    this.#socket = connect({ port: way.port, host: '127.0.0.1', localAddress: way.from });
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes));
    this.#socket.on('error', () => undefined); // 'close' follows
    this.#socket.once('close', () => way.onEnd());
  }

  get connected(): boolean {
    return !this.#socket.connecting && !this.#socket.destroyed;
  }

  send(request: Uint8Array): void {
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    this.#head ??= readHead(this.#received);
    if (this.#head === undefined) return;
    const { status, gzip, at, length } = this.#head;
    if (!Number.isFinite(length)) {
      this.#socket.destroy();
      return;
    }
    if (this.#received.length < at + length) return;
    const body = this.#received.subarray(at, at + length);
    this.#head = undefined;
    this.#received = none;
    this.#way.onAnswer({ status, gzip, body });
  }
}

/** Status and length; without a length it is none that we can read. */
function readHead(received: Buffer):
  | (NonNullable<unknown> & {
      readonly status: number;
      readonly gzip: boolean;
      readonly at: number;
      readonly length: number;
    })
  | undefined {
  const end = received.indexOf(headEnd);
  if (end < 0) return undefined;
  const text = received.toString('latin1', 0, end).toLowerCase();
  const at = text.indexOf('\r\ncontent-length:');
  const length = at < 0 ? NaN : Number.parseInt(text.slice(at + 17, at + 32), 10);
  return {
    status: Number(text.slice(9, 12)),
    gzip: text.includes('\r\ncontent-encoding: gzip'),
    at: end + headEnd.length,
    length,
  };
}

/** A GET as players send it, made once for all who ask the same. */
export function getRequest(target: string): Buffer {
  return Buffer.from(
    `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n`,
  );
}

/** Sources from 127.0.0.2 on, two thousand connections each. */
export function sourceOf(index: number): string {
  return `127.0.0.${2 + Math.floor(index / 2_000)}`;
}
