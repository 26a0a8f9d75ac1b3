import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request over either version of HTTP that this server speaks. */
export type AnyRequest = IncomingMessage | Http2ServerRequest;

/** Where its answer goes. */
export type AnyResponse = ServerResponse | Http2ServerResponse;
