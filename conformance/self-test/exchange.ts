import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Has } from './descriptions.ts';
import type { Protocol } from '../verdict.ts';

/** The token of publishers. */
export const rightToken = 'the-right-token';
/** The token that is for viewers alone. */
export const viewToken = 'the-token-of-viewers';
const bodyLimitBytes = 65_536;

/** What every way through the server ends with: the compiler sees to it that none forgets to answer. */
export type Replied = 'replied';

/** One request to the self-test's server, and the way to answer it. */
export class Exchange {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #has: Has;

  private constructor(request: IncomingMessage, response: ServerResponse, body: string, has: Has) {
    this.method = request.method ?? '';
    this.url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    this.body = body;
    this.#request = request;
    this.#response = response;
    this.#has = has;
  }

  /** Reads the request; a body over 64 KiB reads as that and no more. */
  static async read(request: IncomingMessage, response: ServerResponse, has: Has): Promise<Exchange> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8'))
      if (body.length <= bodyLimitBytes) body += String(chunk);
    return new Exchange(request, response, body, has);
  }

  get oversize(): boolean {
    return this.body.length > bodyLimitBytes;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  get mediaType(): string {
    if (this.#has('media-type-by-letter')) return this.header('content-type') ?? '';
    return (this.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  }

  get #token(): string | undefined {
    const scheme = this.#has('scheme-by-letter') ? /^Bearer (.+)$/ : /^Bearer (.+)$/i;
    const inUrl = this.#has('token-in-url') ? this.url.searchParams.get('token') : null;
    return scheme.exec(this.header('authorization') ?? '')?.[1] ?? inUrl ?? undefined;
  }

  /** Whose request it is. */
  get who(): 'holder' | 'nobody' | 'stranger' {
    const token = this.#token;
    if (token === undefined) return 'nobody';
    return token === rightToken || token === viewToken ? 'holder' : 'stranger';
  }

  /** Whether the token is for this side. */
  mayUse(protocol: Protocol): boolean {
    return this.#has('scopes-ignored') || this.#token === (protocol === 'whip' ? rightToken : viewToken);
  }

  reply(
    status: number,
    headers: Readonly<Record<string, string | readonly string[]>> = {},
    body = '',
  ): Replied {
    const hidden =
      status < 400 ? status === 201 && this.#has('created-without-cors') : this.#has('refusals-without-cors');
    const origin = this.#has('origin-without-vary') ? (this.header('origin') ?? '*') : '*';
    const exposed = this.#has('exposes-nothing')
      ? 'Date'
      : 'Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After, Access-Control-Allow-Methods';
    if (!hidden) this.#response.setHeader('Access-Control-Allow-Origin', origin);
    this.#response.setHeader('Access-Control-Expose-Headers', exposed);
    for (const [name, value] of Object.entries(headers)) this.#response.setHeader(name, value);
    this.#response.writeHead(status).end(body);
    return 'replied';
  }

  /** Refuses; a plain server does it in plain text. */
  refuse(status: number, headers: Readonly<Record<string, string>> = {}): Replied {
    const broken = status === 400 && this.#has('malformed-is-500');
    if (broken || this.#has('plain-errors')) {
      return this.reply(broken ? 500 : status, { ...headers, 'Content-Type': 'text/plain' }, 'no');
    }
    const problem = { type: 'about:blank', title: 'no', status, detail: 'not so', error: 'not so' };
    return this.reply(
      status,
      { ...headers, 'Content-Type': 'application/problem+json' },
      JSON.stringify(problem),
    );
  }

  /** 401, with the challenge unless that is what is wrong. */
  challenge(): Replied {
    const error = this.who === 'stranger' ? ', error="invalid_token"' : '';
    return this.refuse(
      401,
      this.#has('no-challenge') ? {} : { 'WWW-Authenticate': `Bearer realm="self-test"${error}` },
    );
  }

  /** Begins an event stream and leaves it open. */
  stream(type: string, text: string): Replied {
    this.#response.writeHead(200, { 'Content-Type': type }).write(text);
    return 'replied';
  }
}
