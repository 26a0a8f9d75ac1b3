import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** One answer, headers as they came over the wire. */
export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Every value of a header, one entry for each line. */
  lines(name: string): readonly string[];
  readonly body: string;
}

/** What to send. */
export interface ExchangeRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const timeoutMs = 10_000;

/** One HTTP request without the conveniences of fetch: header lines stay apart and nothing is added. */
export async function exchange(
  url: string,
  { method, headers = {}, body }: ExchangeRequest,
): Promise<Exchange> {
  const outgoing = request(url, { method, headers, agent: false, signal: AbortSignal.timeout(timeoutMs) });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  outgoing.end(body);
  const [incoming] = await answered;
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    lines: (name) => incoming.headersDistinct[name.toLowerCase()] ?? [],
    body: text,
  };
}

/** The fields of problem+json that clients rely on. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly error: string;
}

/** Reads a refusal; throws when it is no problem+json (RFC 9457) with every field, or its status differs. */
export function problemOf(answer: Exchange): Problem {
  const problem = JSON.parse(answer.body) as Problem;
  const complete = [problem.type, problem.title, problem.code, problem.detail, problem.error].every(
    (field) => typeof field === 'string' && field !== '',
  );
  const type = answer.headers['content-type'] ?? '';
  if (!complete || problem.status !== answer.status || !type.startsWith('application/problem+json')) {
    throw new Error(`no complete problem+json: ${answer.status} ${type} ${answer.body}`);
  }
  return problem;
}
