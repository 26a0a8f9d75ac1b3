import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { exchange } from './http-exchange.ts';

/** A way to the gateway on which every offer turns into that of a client that insists on being the DTLS server. */
export interface PassiveDoor extends AsyncDisposable {
  readonly url: (path: string) => string;
  /** The answers that the gateway gave through it. */
  readonly answers: readonly string[];
}

/** Opens it on loopback. Sessions have the gateway's own address, so only the POST comes this way. */
export async function openPassiveDoor(gateway: { readonly origin: string }): Promise<PassiveDoor> {
  const answers: string[] = [];
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', headers } = request;
    const offer = await text(request);
    const kept = ['accept', 'authorization', 'content-type', 'origin', 'user-agent'];
    const preflight = Object.keys(headers).filter((name) => name.startsWith('access-control-'));
    const answer = await exchange(`${gateway.origin}${url}`, {
      method,
      headers: Object.fromEntries([...kept, ...preflight].flatMap((name) => pair(name, headers[name]))),
      body: offer.replaceAll('a=setup:actpass', 'a=setup:passive'),
    });
    if (method === 'POST') answers.push(answer.body);
    for (const name of Object.keys(answer.headers)) {
      if (!hopByHop.has(name)) response.setHeader(name, answer.lines(name));
    }
    response.writeHead(answer.status).end(answer.body);
  };
  const server = createServer((request, response) => {
    forward(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const hopByHop = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

function pair(name: string, value: string | string[] | undefined): readonly (readonly [string, string])[] {
  return value === undefined ? [] : [[name, [value].flat().join(', ')]];
}
