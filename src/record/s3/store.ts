import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { contentTypeOf } from './content-type.ts';
import { emptyHash, presignedUrl, type S3Keys, signedHeaders, strictEncode } from './sign.ts';

/** Where objects go. */
export interface S3Settings extends S3Keys {
  /** E.g. https://s3.eu-central-1.amazonaws.com or http://127.0.0.1:9000. */
  readonly endpoint: string;
  readonly bucket: string;
  /** In front of every key, with its slash; may be empty. */
  readonly prefix: string;
  /** Files larger than this go up in parts of this size. */
  readonly partBytes: number;
}

const requestTimeoutMs = 120_000;
/** The store may take a while to put many parts together. */
const answerLimitChars = 64 * 1024;

/** An S3-compatible object store: path-style addresses, as all of them know. */
export class S3Store {
  readonly #settings: S3Settings;

  constructor(settings: S3Settings) {
    this.#settings = settings;
  }

  /** Puts bytes under a key. */
  async putBytes(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#ask('PUT', this.#url(key), { body: bytes, contentType: contentTypeOf(key), signal });
  }

  /** Puts a file under a key, in parts when it is large. What is begun and cannot be finished is called off. */
  async putFile(key: string, path: string, signal: AbortSignal): Promise<void> {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { size } = await file.stat();
    const { partBytes } = this.#settings;
    if (size <= partBytes) {
      await this.putBytes(key, await readAt(file, 0, size), signal);
      return;
    }
    const contentType = contentTypeOf(key);
    const begun = await this.#ask('POST', this.#url(key, { uploads: '' }), { contentType, signal });
    const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(begun.text)?.[1];
    if (uploadId === undefined) throw new Error('the object store named no multipart upload');
    try {
      const tags: string[] = [];
      for (let from = 0; from < size; from += partBytes) {
        const body = await readAt(file, from, Math.min(partBytes, size - from));
        const url = this.#url(key, { partNumber: String(tags.length + 1), uploadId });
        tags.push((await this.#ask('PUT', url, { body, signal })).etag);
      }
      const parts = tags.map(
        (tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
      );
      const list = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
      const { text } = await this.#ask('POST', this.#url(key, { uploadId }), {
        body: Buffer.from(list),
        signal,
      });
      // Said with status 200, when it goes wrong after the answer has begun.
      if (text.includes('<Error>'))
        throw new Error(`the object store could not join the parts: ${errorOf(text)}`);
    } catch (error) {
      const late = AbortSignal.timeout(requestTimeoutMs);
      await this.#ask('DELETE', this.#url(key, { uploadId }), { signal: late }).catch((second: unknown) => {
        throw new AggregateError(
          [error, second],
          `an upload failed and could not be called off: ${String(error)}`,
        );
      });
      throw error;
    }
  }

  /** Where whoever has the URL may read an object for a while. */
  readableUrl(key: string, expiresInS: number): string {
    return presignedUrl(this.#settings, this.#url(key), { expiresInS, atMs: Date.now() });
  }

  #url(key: string, query: Readonly<Record<string, string>> = {}): URL {
    const { endpoint, bucket, prefix } = this.#settings;
    const path = [bucket, ...`${prefix}${key}`.split('/')].map(strictEncode).join('/');
    const url = new URL(`${endpoint.replace(/\/$/, '')}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  async #ask(
    method: string,
    url: URL,
    ask: { readonly body?: Uint8Array; readonly contentType?: string; readonly signal: AbortSignal },
  ): Promise<{ readonly text: string; readonly etag: string }> {
    const { body, contentType, signal } = ask;
    const payloadHash = body ? await hashOf(body) : emptyHash;
    const headers = signedHeaders(this.#settings, {
      ...{ method, url, payloadHash, contentType },
      atMs: Date.now(),
    });
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    });
    const text = (await response.text()).slice(0, answerLimitChars);
    if (!response.ok) throw new Error(`the object store answers ${response.status} ${errorOf(text)}`);
    return { text, etag: response.headers.get('etag') ?? '' };
  }
}

/** Off this thread: a large part takes longer than live media may wait. */
async function hashOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Buffer.from(digest).toString('hex');
}

async function readAt(file: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, from);
  if (bytesRead < length) throw new Error('a file became shorter while it was uploaded');
  return bytes;
}

function errorOf(xml: string): string {
  const part = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
  return `${part('Code')} ${part('Message')}`.trim().slice(0, 200);
}
