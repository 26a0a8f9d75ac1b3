import { expect, test } from 'vitest';
import { openPasses } from '#src/auth/passes.ts';
import { type AccessRequest, type Authorizer, type Grant, openGrant } from '#src/core/access.ts';
import { Failure } from '#src/core/failure.ts';
import { accessRequest, streamNamed } from '#test/kit/tokens.ts';

/** An authorizer that counts how often it is asked; the token `bad` is refused. */
function counting(grantOf: (request: AccessRequest) => Partial<Grant> = () => ({})): {
  readonly access: Authorizer;
  readonly asked: string[];
  revoke(): void;
} {
  const asked: string[] = [];
  const listeners = new Set<(isRevoked: (grant: Grant) => boolean) => void>();
  const access: Authorizer = {
    open: false,
    closed: new Promise(() => undefined),
    authorize: async (request) => {
      asked.push(`${request.token ?? ''} ${request.stream ?? ''}`);
      await Promise.resolve();
      if (request.token === 'bad') throw new Failure('unauthorized', 'token-invalid', 'no');
      return { ...openGrant('view'), credential: 'key:a', ...grantOf(request) };
    },
    holds: () => Promise.resolve(true),
    onRevoked(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { access, asked, revoke: () => listeners.forEach((listener) => listener(() => true)) };
}

const signal = (): AbortSignal => new AbortController().signal;

test('asks once for each token and stream, and answers without waiting from then on', async () => {
  const { access, asked } = counting();
  const { pass } = openPasses(access, { nowMs: () => 0 });
  const request = accessRequest({ token: 't' });
  const first = await pass(request, signal);
  expect(pass(request, signal)).toBe(first);
  await pass(accessRequest({ token: 't', stream: streamNamed('other') }), signal);
  await pass(accessRequest({ token: 'u' }), signal);
  expect(asked).toEqual(['t live', 't other', 'u live']);
});

test('goes by a word until the token expires, and for a minute at most', async () => {
  let nowMs = 0;
  const { access, asked } = counting(({ token }) => (token === 'short' ? { untilMs: 10_000 } : {}));
  const { pass } = openPasses(access, { nowMs: () => nowMs });
  const both = async (): Promise<void> => {
    for (const token of ['short', 'key']) await pass(accessRequest({ token }), signal);
  };
  await both();
  nowMs = 9_999;
  await both();
  expect(asked).toHaveLength(2);
  nowMs = 10_000;
  await both();
  expect(asked).toEqual(['short live', 'key live', 'short live']);
  nowMs = 60_000;
  await both();
  expect(asked).toHaveLength(5);
});

test('asks anew after anything was revoked, also where the answer was on its way', async () => {
  const counted = counting();
  const { access, asked } = counted;
  const { pass } = openPasses(access, { nowMs: () => 0 });
  await pass(accessRequest({ token: 't' }), signal);
  counted.revoke();
  const waiting = pass(accessRequest({ token: 't' }), signal);
  counted.revoke();
  await waiting;
  await pass(accessRequest({ token: 't' }), signal);
  expect(asked).toHaveLength(3);
});

test('keeps no refusals, nothing of open doors, and a bounded number of words', async () => {
  const { access, asked } = counting(({ token }) => (token === 'free' ? { credential: 'open' } : {}));
  const { pass } = openPasses(access, { nowMs: () => 0, limit: 2 });
  for (let round = 0; round < 2; round++) {
    await expect(pass(accessRequest({ token: 'bad' }), signal)).rejects.toThrow();
    await pass(accessRequest({ token: 'free' }), signal);
  }
  expect(asked).toHaveLength(4);
  for (const token of ['a', 'b', 'c', 'b', 'a']) await pass(accessRequest({ token }), signal);
  expect(asked.slice(4)).toEqual(['a live', 'b live', 'c live', 'a live']);
});

test('a word holds for one player, with a token or without: the webhook may look at the address', async () => {
  const { access, asked } = counting();
  const { pass } = openPasses(access, { nowMs: () => 0 });
  for (const token of ['t', undefined])
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.1'])
      await pass({ ...accessRequest(), address, token }, signal);
  expect(asked).toEqual(['t live', 't live', ' live', ' live']);
});

test('makes a signal only where it has to ask', async () => {
  const { access } = counting();
  const { pass } = openPasses(access, { nowMs: () => 0 });
  let made = 0;
  const lazily = (): AbortSignal => {
    made++;
    return signal();
  };
  for (let round = 0; round < 3; round++) await pass(accessRequest({ token: 't' }), lazily);
  expect(made).toBe(1);
});
