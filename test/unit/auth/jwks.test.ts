import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { remoteKeySet } from '#src/auth/jwks.ts';
import { guardedOutbound } from '#src/auth/outbound.ts';
import { type VerifiedToken, verifyToken } from '#src/auth/verify.ts';
import { silentLog } from '#src/core/log.ts';
import { keyPair, signToken, testNowMs } from '#test/kit/tokens.ts';
import { until } from '#test/kit/wait.ts';

const pairs = { old: keyPair('ed25519'), new: keyPair('ed25519'), curve: keyPair('p256') };
type Kid = keyof typeof pairs;

let server: Server;
let url: string;
/** What the issuer publishes now; undefined: it is broken. */
let published: readonly object[] | undefined;
let fetches = 0;

beforeAll(async () => {
  server = createServer((_request, response) => {
    fetches++;
    if (published === undefined) response.writeHead(500).end();
    else
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ keys: published }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/jwks`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});
beforeEach(() => {
  fetches = 0;
  published = undefined;
});

const jwk = (kid: Kid, more: object = {}): object => ({
  ...pairs[kid].publicKey.export({ format: 'jwk' }),
  kid,
  ...more,
});
const tokenOf = (kid: Kid): Promise<string> =>
  signToken({}, { alg: kid === 'curve' ? 'ES256' : 'EdDSA', kid, key: pairs[kid].privateKey });

/** Checks tokens against the issuer's keys, with times of the test's choosing. */
function verifier(times: { readonly cacheMs: number; readonly cooldownMs: number }) {
  const outbound = guardedOutbound(() => ['127.0.0.1']);
  const keySet = remoteKeySet(url, { outbound, log: silentLog }, times);
  const ring = { verify: new Map(), sign: undefined };
  return (token: string): Promise<VerifiedToken> =>
    verifyToken(token, { ring, keySet, issuer: 'frontrow', nowMs: () => testNowMs });
}

test('a rotation: old and new are both good, then the old one is not', async () => {
  const verify = verifier({ cacheMs: 100, cooldownMs: 0 });
  published = [jwk('old'), jwk('curve')];
  const [old, fresh, curve] = [await tokenOf('old'), await tokenOf('new'), await tokenOf('curve')];
  expect((await verify(old)).claims.sub).toBe('ann');
  expect((await verify(curve)).kid).toBeUndefined();
  await expect(verify(fresh)).rejects.toMatchObject({ code: 'token-invalid' });
  published = [jwk('old'), jwk('new')];
  // Good at once: an unknown kid makes it look again.
  await verify(fresh);
  await verify(old);
  published = [jwk('new')];
  await until(
    'the old key is refused',
    async () =>
      !(await verify(old).then(
        () => true,
        () => false,
      )),
    {
      timeoutMs: 5_000,
      everyMs: 20,
    },
  );
  await expect(verify(old)).rejects.toMatchObject({ code: 'token-invalid' });
  await verify(fresh);
});

test('an unknown kid makes it look again, but not as often as somebody likes', async () => {
  const verify = verifier({ cacheMs: 600_000, cooldownMs: 30_000 });
  published = [jwk('old')];
  await verify(await tokenOf('old'));
  const unknown = await tokenOf('new');
  for (let round = 0; round < 20; round++)
    await expect(verify(unknown)).rejects.toMatchObject({ code: 'token-invalid' });
  expect(fetches).toBe(1);
});

test('a key is not taken for another algorithm, nor a published secret for anything', async () => {
  const verify = verifier({ cacheMs: 600_000, cooldownMs: 30_000 });
  const secret = Buffer.alloc(32, 5);
  published = [jwk('curve', { alg: 'ES384' }), { kty: 'oct', kid: 'hs', k: secret.toString('base64url') }];
  await expect(verify(await tokenOf('curve'))).rejects.toMatchObject({ code: 'token-invalid' });
  await expect(verify(await signToken({}, { key: secret }))).rejects.toMatchObject({ code: 'token-invalid' });
});

test('keys that cannot be had are no fault of the token', async () => {
  const verify = verifier({ cacheMs: 600_000, cooldownMs: 0 });
  await expect(verify(await tokenOf('old'))).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'jwks-unavailable',
  });
  published = [jwk('old')];
  await verify(await tokenOf('old'));
});
