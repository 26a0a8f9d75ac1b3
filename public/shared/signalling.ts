import { parseRetryAfterMs } from './backoff.ts';
import {
  iceServersFromLinks,
  type Link,
  parseLinkHeader,
  type IceServer,
  resolveLinks,
} from './link-header.ts';

/** A refusal or a lost connection while talking to a WHIP or WHEP endpoint, with what the server said about it. */
export class SignallingError extends Error {
  override readonly name = 'SignallingError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The stable code of problem+json, or '' when there was none. */
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, facts: { status: number; code?: string; retryAfterMs?: number | undefined }) {
    super(message);
    this.status = facts.status;
    this.code = facts.code ?? '';
    this.retryAfterMs = facts.retryAfterMs;
  }

  /** Whether the same request can succeed later: no publisher yet, too busy, or the network. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

/** What a WHIP or WHEP POST gave (RFC 9725 section 4.2). */
export interface SessionAnswer {
  readonly answer: string;
  /** Absolute URL of the session: whoever knows it can end it. */
  readonly sessionUrl: string;
  readonly etag: string | undefined;
  readonly iceServers: readonly IceServer[];
  /** What else the server offers for this session; targets are absolute. */
  readonly links: readonly Link[];
}

/** Where and with which credentials a client talks. */
export interface Endpoint {
  readonly url: string;
  /** Bearer token, when the server wants one. */
  readonly token?: string | undefined;
}

const negotiationTimeoutMs = 10_000;

/** Sends an SDP offer and reads the answer. Throws {@link SignallingError}. */
export async function postOffer(
  endpoint: Endpoint,
  offer: string,
  signal: AbortSignal,
): Promise<SessionAnswer> {
  const headers = { ...bearer(endpoint), 'Content-Type': 'application/sdp', Accept: 'application/sdp' };
  const response = await request(
    endpoint.url,
    { method: 'POST', headers, body: offer, signal },
    negotiationTimeoutMs,
  );
  if (!response.ok) throw await refusal(response);
  const location = response.headers.get('Location');
  const answer = await response.text();
  if (location === null || answer === '') {
    throw new SignallingError(
      'The server answered without a session. Is this really a WHIP or WHEP address?',
      {
        status: response.status,
      },
    );
  }
  const links = parseLinkHeader(response.headers.get('Link'));
  return {
    answer,
    sessionUrl: new URL(location, response.url).href,
    etag: response.headers.get('ETag') ?? undefined,
    iceServers: iceServersFromLinks(links),
    links: resolveLinks(links, response.url),
  };
}

/** Asks for an ICE restart; gives the server's new SDP fragment (RFC 9725 section 4.3.3). Throws {@link SignallingError}. */
export async function patchIceRestart(
  session: Endpoint,
  fragment: string,
  signal: AbortSignal,
): Promise<string> {
  const headers = { ...bearer(session), 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' };
  const response = await request(
    session.url,
    { method: 'PATCH', headers, body: fragment, signal },
    negotiationTimeoutMs,
  );
  if (!response.ok) throw await refusal(response);
  return response.text();
}

/**
 * Ends a session (RFC 9725 section 4.2). `keepalive` lets the request outlive the page. A session that is already gone
 * is what was wanted, so 404 and 410 are no failure.
 */
export async function deleteSession(session: Endpoint, signal: AbortSignal): Promise<void> {
  const init = { method: 'DELETE', headers: bearer(session), keepalive: true, signal };
  const response = await request(session.url, init, negotiationTimeoutMs);
  if (!response.ok && response.status !== 404 && response.status !== 410) throw await refusal(response);
}

/** A request to a resource of a session, e.g. its layers; throws {@link SignallingError} when it is refused. */
export async function askSession(
  { url, token }: Endpoint,
  init: {
    readonly method?: string;
    readonly json?: unknown;
    /** `text/event-stream` for an answer without an end. */
    readonly accept?: string;
    readonly signal: AbortSignal;
  },
): Promise<Response> {
  const { method = 'GET', json, accept = 'application/json', signal } = init;
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
  const headers = { ...bearer({ url, token }), ...type, Accept: accept };
  const ask = { method, headers, ...body, cache: 'no-store', signal } as const;
  const response = await request(url, ask, accept === 'text/event-stream' ? undefined : negotiationTimeoutMs);
  if (!response.ok) throw await refusal(response);
  return response;
}

async function request(
  url: string,
  init: RequestInit & { readonly signal: AbortSignal },
  timeoutMs: number | undefined,
): Promise<Response> {
  const { signal } = init;
  const patience = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)];
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any([signal, ...patience]) });
  } catch (error) {
    if (signal.aborted) throw error;
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new SignallingError(late ? 'The server did not answer in time.' : 'The server cannot be reached.', {
      status: 0,
    });
  }
}

function bearer(endpoint: Endpoint): Record<string, string> {
  return endpoint.token ? { Authorization: `Bearer ${endpoint.token}` } : {};
}

/** Makes the error of a response that was no success; also used for the JSON API. */
export async function refusal(response: Response): Promise<SignallingError> {
  const problem = readProblem(await response.text());
  const sentence = problem.detail || problem.title || `The server refused with status ${response.status}.`;
  return new SignallingError(sentence, {
    status: response.status,
    code: problem.code,
    retryAfterMs: parseRetryAfterMs(response.headers.get('Retry-After'), Date.now()),
  });
}

/** Reads problem+json (RFC 9457); anything else gives empty fields. */
export function readProblem(body: string): {
  readonly code: string;
  readonly detail: string;
  readonly title: string;
} {
  try {
    const fields = JSON.parse(body) as Record<string, unknown> | null;
    const text = (name: string): string => {
      const value = fields?.[name];
      return typeof value === 'string' ? value : '';
    };
    return { code: text('code'), detail: text('detail') || text('error'), title: text('title') };
  } catch {
    // A proxy's HTML page is no problem+json; the status alone must do.
    return { code: '', detail: '', title: '' };
  }
}
