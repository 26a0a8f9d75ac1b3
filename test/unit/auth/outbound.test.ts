import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { guardedOutbound, isPublic, type OutboundAnswer, type Resolver } from '#src/auth/outbound.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A server on loopback; gives its port. */
async function listen(handle: RequestListener): Promise<number> {
  const server = createServer(handle);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

interface Call {
  readonly url: string;
  readonly allowed?: readonly string[];
  readonly resolve?: Resolver;
  readonly signal?: AbortSignal;
}

function call({
  url,
  allowed = [],
  resolve,
  signal = AbortSignal.timeout(10_000),
}: Call): Promise<OutboundAnswer> {
  const request = {
    url,
    method: 'POST',
    headers: { 'X-Mine': 'yes' },
    body: 'hello',
    maxBytes: 1_000,
  } as const;
  return guardedOutbound(() => allowed, resolve)(request, signal);
}

/** A name service that answers with each list of addresses in turn. */
function names(...answers: readonly (readonly string[])[]): Resolver & { readonly asked: string[] } {
  const asked: string[] = [];
  const resolve = (name: string): ReturnType<Resolver> => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(name);
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  return Object.assign(resolve, { asked });
}

describe('an address', () => {
  test.each([
    ['93.184.216.34', true],
    ['2606:2800:220:1::1', true],
    ['10.0.0.1', false],
    ['172.16.3.4', false],
    ['192.168.0.1', false],
    ['127.0.0.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['224.0.0.1', false],
    ['0.0.0.0', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['::', false],
    ['::ffff:10.0.0.1', false],
    ['fe80::1', false],
    ['fc00::1', false],
    ['ff02::1', false],
    ['64:ff9b::a00:1', false],
    ['2002:a00:1::1', false],
    ['not an address', false],
  ])('%s is of the open Internet: %s', (address, expected) => {
    expect(isPublic(address)).toBe(expected);
  });
});

describe('a service of the operator', () => {
  test('is sent what there is to say, at exactly the address that was looked at', async () => {
    const heard: string[] = [];
    const port = await listen((request, response) => {
      request.setEncoding('utf8').on('data', (text) => heard.push(String(text)));
      heard.push(`${request.method ?? ''} ${request.url ?? ''} ${String(request.headers['x-mine'])}`);
      heard.push(request.headers.host ?? '');
      request.on('end', () => response.writeHead(202).end('thanks'));
    });
    // It moves away as soon as it was looked up once; whoever asks again is sent elsewhere.
    const resolve = names(['127.0.0.1'], ['192.0.2.1']);
    const answer = await call({ url: `http://hook.test:${port}/a?b`, allowed: ['hook.test'], resolve });
    expect(answer).toEqual({ status: 202, body: 'thanks' });
    expect(heard).toEqual(['POST /a?b yes', `hook.test:${port}`, 'hello']);
    expect(resolve.asked).toEqual(['hook.test']);
  });

  test('is not called without TLS, nor at an inward address, unless it is allowed', async () => {
    await expect(call({ url: 'http://hook.test/', resolve: names(['93.184.216.34']) })).rejects.toThrow(
      /without TLS/,
    );
    for (const addresses of [['10.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::ffff:169.254.169.254']])
      await expect(call({ url: 'https://hook.test/', resolve: names(addresses) })).rejects.toThrow(
        /no public address/,
      );
    for (const host of ['127.0.0.1', '[::1]', '0x7f.1', '2130706433', '169.254.169.254'])
      await expect(call({ url: `https://${host}/` })).rejects.toThrow(/no public address/);
    await expect(call({ url: 'https://hook.test/', resolve: names([]) })).rejects.toThrow(
      /resolves to nothing/,
    );
  });

  test('is not followed elsewhere', async () => {
    let secondCalls = 0;
    const second = await listen((_request, response) => {
      secondCalls++;
      response.end('{"allow":true}');
    });
    const port = await listen((_request, response) => {
      response.writeHead(307, { Location: `http://127.0.0.1:${second}/` }).end();
    });
    expect(await call({ url: `http://127.0.0.1:${port}/`, allowed: ['127.0.0.1'] })).toMatchObject({
      status: 307,
    });
    expect(secondCalls).toBe(0);
  });

  test('may not say more than is read', async () => {
    const port = await listen((_request, response) => {
      response.write('x'.repeat(600));
      response.end('x'.repeat(600));
    });
    await expect(call({ url: `http://127.0.0.1:${port}/`, allowed: ['127.0.0.1'] })).rejects.toThrow(
      /longer than 1000 bytes/,
    );
  });

  test('is waited for no longer than the signal says: connecting, answering, resolving', async () => {
    const port = await listen((_request, response) => void response.writeHead(200).write('a'));
    const allowed = ['127.0.0.1', 'hook.test'];
    const soon = (): AbortSignal => AbortSignal.timeout(100);
    await expect(call({ url: `http://127.0.0.1:${port}/`, allowed, signal: soon() })).rejects.toThrow();
    const resolve: Resolver = () => new Promise(() => undefined);
    await expect(call({ url: 'http://hook.test/', allowed, resolve, signal: soon() })).rejects.toThrow();
    await expect(
      call({ url: 'http://hook.test/', allowed, resolve, signal: AbortSignal.abort() }),
    ).rejects.toThrow();
  });

  test('that is not there is an error like any other', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(call({ url: `http://127.0.0.1:${port}/`, allowed: ['127.0.0.1'] })).rejects.toThrow(
      /ECONNREFUSED/,
    );
  });
});
