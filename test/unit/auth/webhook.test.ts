import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openAccess } from '#src/auth/authorizer.ts';
import { authConfig } from '#src/auth/config.ts';
import type { Outbound, OutboundAnswer, OutboundRequest } from '#src/auth/outbound.ts';
import { Webhook, type WebhookAnswer } from '#src/auth/webhook.ts';
import type { AccessRequest, Grant } from '#src/core/access.ts';
import { type Log, silentLog } from '#src/core/log.ts';
import { accessRequest, authSettings, signToken, testNowMs, tokenSecret } from '#test/kit/tokens.ts';

const never = new AbortController().signal;
const target = { url: 'https://hook.example/ask', secret: 'a secret between the two of us, long' };

/** A service that answers as told, and remembers what it was asked. */
function service(answer: Partial<OutboundAnswer> | (() => Promise<OutboundAnswer>)): {
  readonly outbound: Outbound;
  readonly asked: OutboundRequest[];
} {
  const asked: OutboundRequest[] = [];
  return {
    asked,
    outbound: (request) => {
      asked.push(request);
      if (typeof answer === 'function') return answer();
      return Promise.resolve({ status: 200, body: '{"allow":true}', ...answer });
    },
  };
}

function askOf(outbound: Outbound, log: Log = silentLog): (signal?: AbortSignal) => Promise<WebhookAnswer> {
  const webhook = new Webhook({ outbound, log, nowMs: () => testNowMs });
  const question = { request: accessRequest({ token: 'opaque' }), subject: null, claims: null };
  return (signal = never) => webhook.ask(question, target, signal);
}

describe('the question', () => {
  test('says who wants what, and is signed together with the time', async () => {
    const { outbound, asked } = service({});
    await askOf(outbound)();
    const [{ url, method, headers, body, maxBytes } = { headers: {}, body: '' } as OutboundRequest] = asked;
    expect([url, method, maxBytes]).toEqual([target.url, 'POST', 65_536]);
    expect(JSON.parse(body)).toEqual({
      action: 'view',
      stream: 'live',
      tier: null,
      subject: null,
      claims: null,
      token: 'opaque',
      address: '203.0.113.9',
      userAgent: 'test',
      nodeTime: new Date(testNowMs).toISOString(),
    });
    const timestamp = String(testNowMs / 1000);
    const mac = createHmac('sha256', target.secret).update(`${timestamp}.${body}`).digest('hex');
    expect(headers).toMatchObject({
      'Content-Type': 'application/json',
      'Frontrow-Timestamp': timestamp,
      'Frontrow-Signature': `sha256=${mac}`,
    });
  });
});

describe('the answer', () => {
  test('may be yes with limits, or no with a reason', async () => {
    const yes = service({
      body: '{"allow":true,"subject":"ann","tier":"broadcast","maxHeight":360,"more":1}',
    });
    expect(await askOf(yes.outbound)()).toEqual({
      allow: true,
      subject: 'ann',
      tier: 'broadcast',
      maxHeight: 360,
    });
    const no = service({ body: '{"allow":false,"reason":"not paid"}' });
    await expect(askOf(no.outbound)()).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'webhook-refused',
      message: 'not paid',
    });
  });

  test.each<[string, Parameters<typeof service>[0]]>([
    ['another status', { status: 204 }],
    ['a redirect', { status: 302 }],
    ['no JSON', { body: '<html>' }],
    ['an empty body', { body: '' }],
    ['a yes that is no boolean', { body: '{"allow":"true"}' }],
    ['a list', { body: '[true]' }],
    ['a tier that there is not', { body: '{"allow":true,"tier":"gold"}' }],
    ['none', () => Promise.reject(new Error('ECONNREFUSED'))],
  ])('%s lets nobody in', async (_what, answer) => {
    const warned: unknown[] = [];
    const log = { ...silentLog, warn: (fields: unknown) => void warned.push(fields) };
    const ask = askOf(service(answer).outbound, log);
    for (let round = 0; round < 3; round++)
      await expect(ask()).rejects.toMatchObject({ kind: 'unavailable', code: 'webhook-failed' });
    // Said once a second, not once a viewer.
    expect(warned).toHaveLength(1);
  });

  test('that nobody waits for any more is no failure of the service', async () => {
    const abort = new AbortController();
    const hanging: Outbound = (_request, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const asked = askOf(hanging)(abort.signal);
    abort.abort();
    await expect(asked).rejects.toBe(abort.signal.reason);
  });

  test('is waited for by so many at a time', async () => {
    const { promise, resolve } = Promise.withResolvers<OutboundAnswer>();
    const ask = askOf(service(() => promise).outbound);
    const waiting = Array.from({ length: 200 }, () => ask());
    await expect(ask()).rejects.toMatchObject({ code: 'webhook-failed' });
    resolve({ status: 200, body: '{"allow":true}' });
    expect(await Promise.all(waiting)).toHaveLength(200);
    await ask();
  });
});

describe('in the room', () => {
  const hook = { webhookUrl: target.url, webhookSecret: target.secret };
  const open = (settings: object, outbound: Outbound): ((more: Partial<AccessRequest>) => Promise<Grant>) => {
    const config = 'jwtKeys' in settings ? authSettings(settings) : authConfig.parse(settings);
    const access = openAccess({ log: silentLog, loopback: true, nowMs: () => testNowMs, outbound }, config);
    return (more) => access.authorize({ ...accessRequest(), token: undefined, ...more }, never);
  };
  const tokens = { ...hook, jwtKeys: [{ kid: 'hs', algorithm: 'HS256', secret: tokenSecret }] };

  test('it alone decides: with the token that came, or without any', async () => {
    const { outbound, asked } = service({ body: '{"allow":true,"subject":"ann"}' });
    const ask = open(hook, outbound);
    expect(await ask({ token: 'opaque' })).toMatchObject({ subject: 'ann', untilMs: testNowMs + 30_000 });
    expect(await ask({})).toMatchObject({ subject: 'ann' });
    const told = asked.map(({ body }) => (JSON.parse(body) as { readonly token: unknown }).token);
    expect(told).toEqual(['opaque', null]);
  });

  test('it hears of good tokens only, and never the token itself', async () => {
    const { outbound, asked } = service({});
    const ask = open(tokens, outbound);
    for (const token of [undefined, 'opaque', await signToken({ exp: 1 })])
      await expect(ask({ token })).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(asked).toEqual([]);
    await ask({ token: await signToken({ jti: 'j' }) });
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({
      subject: 'ann',
      claims: { sub: 'ann', jti: 'j' },
      token: null,
    });
  });

  test('the stricter of token and service counts', async () => {
    const limits = service({ body: '{"allow":true,"maxHeight":720,"tier":"broadcast"}' });
    const ask = open(tokens, limits.outbound);
    expect(await ask({ token: await signToken({ maxHeight: 360 }) })).toMatchObject({
      maxHeight: 360,
      tier: 'broadcast',
    });
    expect(await ask({ token: await signToken({ maxHeight: 1080 }) })).toMatchObject({ maxHeight: 720 });
    for (const [claims, request] of [
      [{ tier: 'interactive' }, {}],
      [{}, { tier: 'interactive' as const }],
    ] as const)
      await expect(ask({ token: await signToken(claims), ...request })).rejects.toMatchObject({
        code: 'tier-not-granted',
      });
  });

  test('a service may choose the ladder of a publisher, also beside the token', async () => {
    const publish = { act: 'publish', aud: 'whip', ladder: 'ladder-2' };
    const asked = async (body: string): Promise<unknown> =>
      open(tokens, service({ body }).outbound)({ action: 'publish', token: await signToken(publish) });
    expect(await asked('{"allow":true}')).toMatchObject({ ladder: 'ladder-2' });
    expect(await asked('{"allow":true,"ladder":"ladder-4"}')).toMatchObject({ ladder: 'ladder-4' });
    await expect(asked('{"allow":true,"ladder":"none"}')).rejects.toMatchObject({ code: 'unknown-ladder' });
    const viewer = open(tokens, service({ body: '{"allow":true,"ladder":"none"}' }).outbound);
    expect(await viewer({ token: await signToken() })).toMatchObject({ subject: 'ann', ladder: undefined });
  });

  test('operators are not its business', async () => {
    const { outbound, asked } = service({});
    await expect(open(hook, outbound)({ action: 'operate' })).rejects.toMatchObject({
      code: 'token-missing',
    });
    expect(asked).toEqual([]);
  });
});
