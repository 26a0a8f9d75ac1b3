import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Why a store refuses a request: a code that Amazon S3 documents, always with status 403 here. */
export type S3Refusal = 'AccessDenied' | 'SignatureDoesNotMatch' | 'XAmzContentSHA256Mismatch';

interface Claim {
  /** Date, region, service and the closing word. */
  readonly scope: readonly string[];
  readonly time: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payloadHash: string;
}

const linkPrefix = 'X-Amz-';

/**
 * Checks an AWS Signature Version 4 (header or link) from the bytes that arrived; nothing is shared with the signer under test.
 * How long a link is valid and whether the clock is right is for the store behind to say.
 */
export function refusalOf(request: IncomingMessage, body: Buffer, secret: string): S3Refusal | undefined {
  const [path = '', queryText = ''] = (request.url ?? '').split('?', 2);
  const query = queryText.split('&').filter((pair) => pair !== '');
  const claim = claimInHeader(request) ?? claimInLink(query);
  if (!claim) return 'AccessDenied';
  const headers = claim.signedHeaders.map((name) => `${name}:${headerOf(request, name).trim()}\n`);
  const canonical = [
    request.method ?? '',
    path.split('/').map(recoded).join('/'),
    query
      .filter((pair) => !pair.startsWith(`${linkPrefix}Signature=`))
      .map((pair) => {
        const [name = '', value = ''] = pair.split('=', 2);
        return `${recoded(name)}=${recoded(value)}`;
      })
      .toSorted()
      .join('&'),
    headers.join(''),
    claim.signedHeaders.join(';'),
    claim.payloadHash,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', claim.time, claim.scope.join('/'), sha256Of(canonical)].join('\n');
  let key: string | Buffer = `AWS4${secret}`;
  for (const step of [...claim.scope, text]) key = createHmac('sha256', key).update(step).digest();
  if (Buffer.from(key).toString('hex') !== claim.signature) return 'SignatureDoesNotMatch';
  const known = claim.payloadHash === 'UNSIGNED-PAYLOAD' || claim.payloadHash === sha256Of(body);
  return known ? undefined : 'XAmzContentSHA256Mismatch';
}

function claimInHeader(request: IncomingMessage): Claim | undefined {
  const form = /^AWS4-HMAC-SHA256 Credential=[^/,]+\/([^,]+), *SignedHeaders=([^,]+), *Signature=([^,]+)$/;
  const found = form.exec(headerOf(request, 'authorization'));
  if (!found) return undefined;
  const [, scope = '', names = '', signature = ''] = found;
  const payloadHash = headerOf(request, 'x-amz-content-sha256');
  return claimOf({ scope, names, signature, payloadHash, time: headerOf(request, 'x-amz-date') });
}

function claimInLink(query: readonly string[]): Claim | undefined {
  const given = (name: string): string => {
    const start = `${linkPrefix}${name}=`;
    return decodeURIComponent(query.find((pair) => pair.startsWith(start))?.slice(start.length) ?? '');
  };
  const [, scope = ''] = /^[^/]+\/(.+)$/.exec(given('Credential')) ?? [];
  const [names, signature, time] = [given('SignedHeaders'), given('Signature'), given('Date')];
  return claimOf({ scope, names, signature, time, payloadHash: 'UNSIGNED-PAYLOAD' });
}

/** Whoever does not sign the address of the store, or signs for another day or service, signs nothing. */
function claimOf(
  said: Readonly<Record<'scope' | 'names' | 'signature' | 'payloadHash' | 'time', string>>,
): Claim | undefined {
  const { signature, payloadHash, time } = said;
  const scope = said.scope.split('/');
  const signedHeaders = said.names.split(';');
  const [day = '', , ...rest] = scope;
  const sound = day !== '' && time.startsWith(day) && rest.join('/') === 's3/aws4_request';
  if (!sound || !signedHeaders.includes('host')) return undefined;
  return { scope, time, signedHeaders, signature, payloadHash };
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name] ?? '';
  return typeof value === 'string' ? value : value.join(',');
}

/** Escapes all but unreserved characters (RFC 3986 section 2.3), whatever the client escaped. */
function recoded(text: string): string {
  return [...Buffer.from(decodeURIComponent(text))]
    .map((byte) => {
      const sign = String.fromCharCode(byte);
      return /[\w.~-]/.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function sha256Of(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
