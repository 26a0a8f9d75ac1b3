import { Agent, request as openRequest, type IncomingHttpHeaders } from 'node:http';

/** An answer, body still as it was sent. */
export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Connections are kept for a moment, as players do. */
const agent = new Agent({ keepAlive: true, timeout: 30_000 });

/** One HTTP exchange that decodes nothing. */
export function exchange(
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
    /** Target as it goes over the wire, instead of the URL's: nothing in it is tidied up. */
    readonly path?: string;
  } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, signal = AbortSignal.timeout(20_000), path } = options;
  return new Promise((resolve, reject) => {
    const request = openRequest(
      url,
      { method, headers, signal, agent, ...(path && { path }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => void chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0, headers: received } = response;
          resolve({ url, status, headers: received, body: Buffer.concat(chunks) });
        });
      },
    );
    request.on('error', reject);
    request.end();
  });
}

/** max-age of Cache-Control in seconds; NaN without. */
export function maxAgeOf({ headers }: Answer): number {
  return Number(/max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1] ?? NaN);
}

/** What a refusal is called: the `code` of its problem+json. */
export function codeOf({ body }: Answer): unknown {
  return (JSON.parse(body.toString()) as { readonly code?: unknown }).code;
}
