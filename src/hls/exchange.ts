import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request to the origin, over HTTP/1.1 or HTTP/2. */
export type HlsIncoming = IncomingMessage | Http2ServerRequest;

/** Where its answer goes. */
export type HlsOutgoing = ServerResponse | Http2ServerResponse;

/** How an answer is written, the same for both. */
export interface HlsAnswer {
  readonly headersSent: boolean;
  readonly req: { readonly method?: string | undefined; readonly url?: string | undefined };
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
  cork(): void;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
}
