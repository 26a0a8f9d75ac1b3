import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';

/** One answer over HTTP/2. */
export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What to send; pseudo-headers that are missing are those of a GET. */
export interface Http2Ask {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/** A connection to a server of ours whose certificate vouches for itself. */
export class Http2Client implements AsyncDisposable {
  readonly session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  /** Connects; rejects when the other side does not speak HTTP/2. */
  static async open(port: number): Promise<Http2Client> {
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    await once(session, 'connect');
    // What becomes of the connection is told by its requests, and by `session.closed`.
    session.on('error', () => undefined);
    return new Http2Client(session);
  }

  /** One exchange; rejects when the stream is reset. */
  async ask(
    path: string,
    { headers = {}, body, signal = AbortSignal.timeout(20_000) }: Http2Ask = {},
  ): Promise<Http2Answer> {
    const stream = this.session.request(
      { ':path': path, ...headers },
      { endStream: body === undefined, signal },
    );
    const answered = once(stream, 'response') as Promise<[IncomingHttpHeaders]>;
    if (body !== undefined) stream.end(body);
    const [received] = await answered;
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { status: Number(received[':status']), headers: received, body: Buffer.concat(chunks) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.session.destroyed) return;
    const closed = once(this.session, 'close');
    this.session.destroy();
    await closed;
  }
}
