import { lookup as systemLookup } from 'node:dns/promises';
import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What to send to a service of the operator's. */
export interface OutboundRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A longer answer is no answer. */
  readonly maxBytes: number;
}

/** What came back. */
export interface OutboundAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends one request and reads the answer. Rejects with a plain error that says what went wrong. */
export type Outbound = (request: OutboundRequest, signal: AbortSignal) => Promise<OutboundAnswer>;

/** One address of a name. */
export interface Resolved {
  readonly address: string;
  readonly family: number;
}

/** Addresses of a host name. */
export type Resolver = (hostname: string) => Promise<readonly Resolved[]>;

const systemResolver: Resolver = (hostname) => systemLookup(hostname, { all: true });

/**
 * HTTP to URLs of the settings, guarded against being turned inwards: TLS only, no private, link-local, loopback or multicast
 * address, the name resolved once and exactly that address connected to, no redirects. Hosts that the settings allow are
 * exempt from the first two.
 */
export function guardedOutbound(
  allowedHosts: () => readonly string[],
  resolve: Resolver = systemResolver,
): Outbound {
  return async (request, signal) => {
    const url = new URL(request.url);
    // IPv6 literals stand in brackets in URLs and nowhere else.
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const allowed = allowedHosts().some((one) => one.toLowerCase() === host);
    if (url.protocol !== 'https:' && !allowed)
      throw new Error(`${host} is called without TLS and is not among auth.allowedHosts`);
    const pinned = await pin(host, { allowed, resolve, signal });
    return await exchange(url, { ...request, pinned }, signal);
  };
}

interface PinRules {
  readonly allowed: boolean;
  readonly resolve: Resolver;
  readonly signal: AbortSignal;
}

async function pin(host: string, { allowed, resolve, signal }: PinRules): Promise<Resolved> {
  const family = isIP(host);
  const addresses = family === 0 ? await orAborted(resolve(host), signal) : [{ address: host, family }];
  const [first] = addresses;
  if (first === undefined) throw new Error(`${host} resolves to nothing`);
  const inward = allowed ? undefined : addresses.find(({ address }) => !isPublic(address));
  if (inward !== undefined)
    throw new Error(
      `${host} is at ${inward.address}, which is no public address, and is not among auth.allowedHosts`,
    );
  return first;
}

/** Whether an address is one of the open Internet; IPv4 inside IPv6 counts as IPv4. */
export function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(asError(signal.reason));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Node asks this instead of the resolver: it gets the address that was looked at, whatever the name says by now. */
function pinnedLookup({ address, family }: Resolved): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

function exchange(
  url: URL,
  { method, headers, body, maxBytes, pinned }: OutboundRequest & { readonly pinned: Resolved },
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const send = url.protocol === 'https:' ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, {
      method,
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
      agent: false,
      lookup: pinnedLookup(pinned),
      signal,
    });
    outgoing.once('error', reject);
    outgoing.once('response', (incoming) => {
      readBody(incoming, maxBytes).then(
        (text) => resolve({ status: incoming.statusCode ?? 0, body: text }),
        (error: unknown) => {
          outgoing.destroy();
          reject(asError(error));
        },
      );
    });
    outgoing.end(body);
  });
}

async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
