import type { ServerResponse } from 'node:http';
import type { EventReader, ViewerEventName } from '#src/session/event-channel.ts';

/** Headers of server-sent events; the last one keeps reverse proxies from collecting them. */
export const eventStreamHeaders = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
} as const;

/** How soon a browser connects again. */
const retryMs = 2_000;

/** Writes events as WHATWG HTML section 9.2 has them: typed, one data line each, never more than the socket takes. */
export class EventStreamReader implements EventReader {
  readonly #response: ServerResponse;
  readonly #withUntyped: boolean;
  #last = 0;

  /** `withUntyped`: each event comes a second time without a type, for players that have no more than `onmessage`. */
  constructor(response: ServerResponse, { withUntyped }: { readonly withUntyped: boolean }) {
    this.#response = response;
    this.#withUntyped = withUntyped;
    response.writeHead(200, eventStreamHeaders);
    response.write(`retry: ${retryMs}\n\n`);
  }

  send(name: ViewerEventName, data: string): boolean {
    if (!this.#hasRoom()) return false;
    this.#last += 1;
    const copy = this.#withUntyped ? `data: {"type":"event","name":"${name}","data":${data}}\n\n` : '';
    this.#response.write(`id: ${this.#last}\nevent: ${name}\ndata: ${data}\n\n${copy}`);
    return true;
  }

  beat(): void {
    if (this.#hasRoom()) this.#response.write(':\n\n');
  }

  end(): void {
    this.#response.end();
  }

  #hasRoom(): boolean {
    return !this.#response.writableNeedDrain && !this.#response.writableEnded && !this.#response.destroyed;
  }
}
