import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** Frames by hand, for clients that no library would be: RFC 9113 section 6. */
export const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;

/** One frame. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A number of 32 bits, as many frames hold one. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Header block of a GET of `path` (RFC 7541): literals without indexing, so that any block may follow any other. */
export function getBlock(path: string, more: Readonly<Record<string, string>> = {}): Buffer {
  const text = (value: string): Buffer => Buffer.concat([length(value.length), Buffer.from(value, 'latin1')]);
  return Buffer.concat([
    Buffer.from([0x82, 0x87, 0x04]),
    text(path),
    Buffer.from([0x01]),
    text('localhost'),
    ...Object.entries(more).flatMap(([name, value]) => [Buffer.from([0x00]), text(name), text(value)]),
  ]);
}

/** An integer with a prefix of seven bits (RFC 7541 section 5.1). */
function length(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** HEADERS of a request without a body. */
export function get(stream: number, path: string): Buffer {
  return frame(frameType.headers, 0x5, stream, getBlock(path));
}

/** A connection on which anything can be sent, and what came back, frame by frame. */
export class RawHttp2 implements Disposable {
  readonly socket: TLSSocket;
  /** Bounded to the newest. */
  readonly received: { readonly type: number; readonly stream: number; readonly payload: Buffer }[] = [];
  readonly closed: Promise<unknown>;
  #rest = Buffer.alloc(0);

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined); // a reset is one way to be cut
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
  }

  /** Connects and sends the preface, with these settings: pairs of number and value. */
  static async open(
    port: number,
    settings: readonly (readonly [id: number, value: number])[] = [],
  ): Promise<RawHttp2> {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    const raw = new RawHttp2(socket);
    const pairs = settings.map(([id, value]) => Buffer.concat([word(id).subarray(2), word(value)]));
    raw.send(
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      frame(frameType.settings, 0, 0, Buffer.concat(pairs)),
    );
    return raw;
  }

  send(...frames: readonly Uint8Array[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(frames));
  }

  /** Error code of the GOAWAY that came; undefined without one. */
  get goaway(): number | undefined {
    return this.received.find(({ type }) => type === frameType.goaway)?.payload.readUInt32BE(4);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 9) {
      const size = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < 9 + size) return;
      const [type, stream] = [this.#rest.readUInt8(3), this.#rest.readUInt32BE(5)];
      this.received.push({ type, stream, payload: this.#rest.subarray(9, 9 + size) });
      if (this.received.length > 1_000) this.received.shift();
      this.#rest = this.#rest.subarray(9 + size);
    }
  }
}
