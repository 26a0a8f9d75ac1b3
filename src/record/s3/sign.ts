import { createHash, createHmac } from 'node:crypto';

/** Who we are to the object store. */
export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/** One request to be signed. */
export interface S3Request {
  readonly method: string;
  readonly url: URL;
  /** SHA-256 of the body in hex. */
  readonly payloadHash: string;
  /** Of what the request brings; undefined without. */
  readonly contentType?: string | undefined;
  readonly atMs: number;
}

const algorithm = 'AWS4-HMAC-SHA256';
/** SHA-256 of nothing. */
export const emptyHash = createHash('sha256').digest('hex');

/** Headers that prove a request to be ours (AWS Signature Version 4, in the Authorization header). */
export function signedHeaders(keys: S3Keys, request: S3Request): Readonly<Record<string, string>> {
  const { url, payloadHash, contentType, atMs } = request;
  const time = timeText(atMs);
  const type = contentType === undefined ? {} : { 'content-type': contentType };
  // In the order of their names.
  const headers = { ...type, host: url.host, 'x-amz-content-sha256': payloadHash, 'x-amz-date': time };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = [
    request.method,
    canonicalPath(url),
    canonicalQuery(url.searchParams),
    lines.join(''),
    names,
    payloadHash,
  ].join('\n');
  const scope = scopeOf(keys, time);
  const signature = signatureOf(keys, { canonical, time, scope });
  return {
    ...type,
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': time,
    authorization: `${algorithm} Credential=${keys.accessKeyId}/${scope},SignedHeaders=${names},Signature=${signature}`,
  };
}

/** A URL that lets whoever has it read one object for a while (the same signature, in the query). */
export function presignedUrl(
  keys: S3Keys,
  url: URL,
  how: { readonly expiresInS: number; readonly atMs: number },
): string {
  const time = timeText(how.atMs);
  const scope = scopeOf(keys, time);
  const signed = new URL(url);
  const parameters = {
    'X-Amz-Algorithm': algorithm,
    'X-Amz-Credential': `${keys.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(how.expiresInS),
    'X-Amz-SignedHeaders': 'host',
  };
  for (const [name, value] of Object.entries(parameters)) signed.searchParams.set(name, value);
  const query = canonicalQuery(signed.searchParams);
  const canonical = ['GET', canonicalPath(url), query, `host:${url.host}\n`, 'host', 'UNSIGNED-PAYLOAD'].join(
    '\n',
  );
  const signature = signatureOf(keys, { canonical, time, scope });
  return `${url.origin}${canonicalPath(url)}?${query}&X-Amz-Signature=${signature}`;
}

/** Percent-encodes all but unreserved characters (RFC 3986 section 2.3), as the signature wants it. */
export function strictEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalPath(url: URL): string {
  return url.pathname
    .split('/')
    .map((segment) => strictEncode(decodeURIComponent(segment)))
    .join('/');
}

function canonicalQuery(parameters: URLSearchParams): string {
  return [...parameters]
    .map(([name, value]) => `${strictEncode(name)}=${strictEncode(value)}`)
    .toSorted()
    .join('&');
}

function scopeOf({ region }: S3Keys, time: string): string {
  return `${time.slice(0, 8)}/${region}/s3/aws4_request`;
}

function signatureOf(
  { secretAccessKey, region }: S3Keys,
  { canonical, time, scope }: { readonly canonical: string; readonly time: string; readonly scope: string },
): string {
  const hash = createHash('sha256').update(canonical).digest('hex');
  const chain = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const key = chain.reduce<string | Buffer>((from, step) => hmac(from, step), `AWS4${secretAccessKey}`);
  return hmac(key, [algorithm, time, scope, hash].join('\n')).toString('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** `20130524T000000Z` */
function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}
