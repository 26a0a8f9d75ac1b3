import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange, type Exchange, problemOf } from '#test/kit/http-exchange.ts';
import { makeOffer } from '#test/kit/offers.ts';
import { bearer } from '#test/kit/token-client.ts';

const secret = 'a secret between gateway and service';

interface Asked {
  readonly action: string;
  readonly stream: string;
  readonly token: string | null;
  readonly signed: boolean;
}

let service: Server;
const life = new AsyncDisposableStack();
let gateway: Gateway;
const asked: Asked[] = [];
const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  yes: (response) => response.end('{"allow":true,"subject":"ann"}'),
  no: (response) => response.end('{"allow":false,"reason":"your subscription has ended"}'),
  elsewhere: (response) => response.writeHead(302, { Location: '/yes' }).end(),
  huge: (response) => response.end(`{"allow":true,"reason":"${'x'.repeat(70_000)}"}`),
  slow: () => undefined,
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  const { action, stream, token } = JSON.parse(text) as Asked;
  const timestamp = String(request.headers['frontrow-timestamp']);
  const mac = createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('hex');
  const signed = request.headers['frontrow-signature'] === `sha256=${mac}`;
  asked.push({ action, stream, token, signed });
  answers[token ?? 'no']?.(response);
}

beforeAll(async () => {
  service = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(service, 'listening');
  life.defer(() => {
    service.close();
    service.closeAllConnections();
  });
  const address = service.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const env = {
    FRONTROW_AUTH__WEBHOOK_URL: `http://127.0.0.1:${port}/ask`,
    FRONTROW_AUTH__WEBHOOK_SECRET: secret,
    FRONTROW_AUTH__ALLOWED_HOSTS: '127.0.0.1',
  };
  gateway = life.use(await startGateway({ env }));
});
afterAll(() => life.disposeAsync());

const publish = (token?: string): Promise<Exchange> =>
  exchange(gateway.url('/whip/hooked'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', ...bearer(token) },
    body: makeOffer({ role: 'publisher' }),
  });

it('lets in whom the service lets in, and tells others its reason', async () => {
  expect((await publish('yes')).status).toBe(201);
  expect(asked.at(-1)).toEqual({ action: 'publish', stream: 'hooked', token: 'yes', signed: true });
  const refused = await publish('no');
  expect([refused.status, problemOf(refused).code]).toEqual([403, 'webhook-refused']);
  expect(problemOf(refused).detail).toBe('your subscription has ended');
  expect((await publish()).status).toBe(403);
  expect(asked.at(-1)).toMatchObject({ token: null });
});

it.each([['elsewhere'], ['huge'], ['slow']])('lets nobody in when the answer is %s', async (token) => {
  const before = asked.length;
  const refused = await publish(token);
  expect([refused.status, problemOf(refused).code]).toEqual([503, 'webhook-failed']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(asked.length).toBe(before + 1);
});
