import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';

/** One request. */
export interface Request {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Stops reading as soon as the text satisfies it: for streams that never end. */
  readonly until?: (text: string) => boolean;
}

/** How patient, and how trusting. */
export interface Wire {
  readonly timeoutMs: number;
  /** Takes certificates that nobody vouches for. */
  readonly insecure: boolean;
  readonly signal: AbortSignal;
}

/** One answer, headers as they came. */
export interface Answer {
  readonly url: string;
  readonly method: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Every value of a header, one for each header line. */
  lines(name: string): readonly string[];
  readonly body: string;
}

const bodyLimitBytes = 1_000_000;

/** Sends one request without the conveniences of fetch: redirects are not followed, header lines stay apart, nothing is added. */
export async function send(url: string, request: Request, wire: Wire): Promise<Answer> {
  const signal = AbortSignal.any([wire.signal, AbortSignal.timeout(wire.timeoutMs)]);
  try {
    const incoming = await begin(url, request, { ...wire, signal });
    const body = await read(incoming, request.until);
    return {
      url,
      method: request.method,
      status: incoming.statusCode ?? 0,
      headers: incoming.headers,
      lines: (name) => incoming.headersDistinct[name.toLowerCase()] ?? [],
      body,
    };
  } catch (error) {
    const why = signal.aborted ? `no answer within ${wire.timeoutMs} ms` : reasonOf(error);
    throw new Error(`${request.method} ${url}: ${why}`, { cause: error });
  }
}

function begin(url: string, { method, headers, body }: Request, wire: Wire): Promise<IncomingMessage> {
  const open = url.startsWith('https:') ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const outgoing = open(url, {
      method,
      headers: { ...length, ...headers },
      agent: false,
      rejectUnauthorized: !wire.insecure,
      signal: wire.signal,
    });
    // A server may answer before it read everything and hang up; the answer counts, so a later error changes nothing.
    outgoing.on('error', reject);
    outgoing.on('response', resolve);
    outgoing.end(body);
  });
}

async function read(incoming: IncomingMessage, until?: (text: string) => boolean): Promise<string> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) {
    text += String(chunk);
    if (until?.(text) === true) break;
    if (text.length > bodyLimitBytes) throw new Error(`the body is over ${bodyLimitBytes} bytes`);
  }
  return text;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Media type of an answer, lower case, without parameters; '' when there is none. */
export function mediaTypeOf(answer: Answer): string {
  return (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Members of a comma-separated header, over all its lines, lower case. */
export function listOf(answer: Answer, name: string): readonly string[] {
  return answer
    .lines(name)
    .join(',')
    .split(',')
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== '');
}

/** The answer in a few words, for messages: `POST 404 application/json {"error":...`. */
export function brief(answer: Answer): string {
  const body = answer.body.replaceAll(/\s+/g, ' ').slice(0, 120);
  return `${answer.method} gave ${answer.status}${body === '' ? '' : `: ${body}`}`;
}
