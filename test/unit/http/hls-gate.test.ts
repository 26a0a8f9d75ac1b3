import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { openAccess } from '#src/auth/authorizer.ts';
import { openPassDesk } from '#src/auth/broadcast-pass.ts';
import { openPasses } from '#src/auth/passes.ts';
import { silentLog } from '#src/core/log.ts';
import type { AnyRequest } from '#src/http/exchange.ts';
import { type HlsAdmission, type HlsGate, hlsGateOf } from '#src/http/hls-gate.ts';
import { clientAddress } from '#src/http/limits-address.ts';
import { rateLimits } from '#src/http/limits.ts';
import {
  accessRequest,
  authSettings,
  sha256Hex,
  signToken,
  streamNamed,
  testNowMs,
} from '#test/kit/tokens.ts';

const live = streamNamed('live');
const edgeKey = 'the key of the cache in front of us';

interface Rig {
  readonly gate: HlsGate;
  readonly passFor: (
    stream?: string,
    claims?: object,
  ) => Promise<{ readonly path: string; readonly cookie: string }>;
}

function openRig(more: Record<string, unknown> = {}, nowMs = (): number => testNowMs): Rig {
  const settings = authSettings({ edgeKeys: [{ name: 'edge', sha256: sha256Hex(edgeKey) }], ...more });
  const authorizer = openAccess({ log: silentLog, loopback: true, nowMs }, settings);
  // Two guesses are allowed.
  const limits = rateLimits(() => ({ joinsPerAddress: 20, joinsPerSubject: 20 }));
  const desk = openPassDesk({ settings: () => settings, open: () => authorizer.open, nowMs });
  const { pass } = openPasses(limits.beside(authorizer), { nowMs });
  const addressOf = (request: AnyRequest): string => clientAddress(request, 1);
  return {
    gate: hlsGateOf({ authorizer, pass, desk, limits, addressOf }),
    async passFor(stream = 'live', claims = {}) {
      const request = accessRequest({
        stream: streamNamed(stream),
        tier: 'broadcast',
        token: await signToken({ stream, ...claims }),
      });
      const grant = await authorizer.authorize(request, new AbortController().signal);
      const made = desk.issue(streamNamed(stream), grant);
      if (made === undefined) throw new Error('no pass was made');
      return made;
    },
  };
}

let hosts = 0;
/** Each asks from an address of its own unless it is named. */
function ask(
  gate: HlsGate,
  headers: Record<string, string>,
  {
    pass,
    url = '/hls/live/x',
    from = `192.0.2.${++hosts}`,
    maxHeight,
  }: { pass?: string; url?: string; from?: string; maxHeight?: number } = {},
): Promise<HlsAdmission> {
  const request = {
    url,
    headers: { 'x-forwarded-for': from, ...headers },
    socket: { remoteAddress: '127.0.0.1' },
  };
  const set = new Map<string, unknown>();
  const response = {
    once: () => undefined,
    setHeader: (name: string, value: unknown) => set.set(name, value),
  };
  const folder = { stream: live, maxHeight };
  const asked = gate(
    request as unknown as IncomingMessage,
    response as unknown as ServerResponse,
    folder,
    pass,
  );
  return asked.catch((error: unknown) => {
    throw Object.assign(error as Error, { challenge: set.get('WWW-Authenticate') });
  });
}

describe('a token', () => {
  test('opens for its holder alone', async () => {
    const token = await signToken();
    const { audience } = await ask(openRig().gate, { authorization: `Bearer ${token}` });
    expect(audience).toBe('private');
  });

  test.each([
    [{}, '/hls/live/x', 'token-missing', 'Bearer realm="frontrow"'],
    [{}, '/hls/live/x?token=y', 'token-in-query', 'Bearer realm="frontrow", error="invalid_request"'],
    [
      { authorization: 'x' },
      '/hls/live/x?jwt=1',
      'token-in-query',
      'Bearer realm="frontrow", error="invalid_request"',
    ],
  ])(
    'that is missing or misplaced is refused with a challenge (%#)',
    async (headers, url, code, challenge) => {
      const refused = ask(openRig().gate, headers, { url });
      await expect(refused).rejects.toMatchObject({ code, challenge });
    },
  );

  test('for another stream is refused', async () => {
    const token = await signToken({ stream: 'other' });
    const refused = ask(openRig().gate, { authorization: token });
    await expect(refused).rejects.toMatchObject({
      code: 'not-allowed',
      challenge: 'Bearer realm="frontrow", error="insufficient_scope"',
    });
  });
});

describe('nobody is asked', () => {
  test('where doors are open', async () => {
    const { audience } = await ask(openRig({ jwtKeys: [], edgeKeys: [] }).gate, {}, { pass: 'junk' });
    expect(audience).toBe('public');
  });
  test('where broadcasts are', async () => {
    const { gate } = openRig({ openBroadcast: true });
    expect((await ask(gate, {}, { pass: 'junk', url: '/hls/live/x?token=y' })).audience).toBe('public');
  });
});

describe('a pass', () => {
  test('in the path opens, and what it opens may be kept until it ends', async () => {
    const { gate, passFor } = openRig();
    const { path } = await passFor();
    const { audience } = await ask(gate, {}, { pass: path });
    expect(audience).toEqual({ publicUntilMs: Number(path.split('.')[0]) * 1000 });
  });

  test('in a cookie opens for its holder alone, also beside an old one', async () => {
    const { gate, passFor } = openRig();
    const { cookie } = await passFor();
    const foreign = (await passFor('other')).cookie;
    for (const header of [`frontrow=${cookie}`, `a=b; __Secure-frontrow=${foreign}; frontrow=${cookie}`])
      expect((await ask(gate, { cookie: header })).audience).toBe('private');
  });

  test('counts less than a token', async () => {
    const { gate, passFor } = openRig();
    const cookie = `frontrow=${(await passFor()).cookie}`;
    const refused = ask(gate, { cookie, authorization: 'Bearer junk' });
    await expect(refused).rejects.toMatchObject({ code: 'token-invalid' });
  });

  test('of another stream is refused', async () => {
    const { gate, passFor } = openRig();
    const { path, cookie } = await passFor('other');
    await expect(ask(gate, {}, { pass: path })).rejects.toMatchObject({ code: 'pass-invalid' });
    await expect(ask(gate, { cookie: `frontrow=${cookie}` })).rejects.toMatchObject({ code: 'pass-invalid' });
  });

  test('that has ended, or is of another process, is refused and is no guess', async () => {
    let nowMs = testNowMs;
    const { gate, passFor } = openRig({}, () => nowMs);
    const { path } = await passFor();
    const strange = (await openRig().passFor()).path;
    nowMs += 3_600_000;
    for (let round = 0; round < 10; round++) {
      await expect(ask(gate, {}, { pass: path, from: '198.51.100.1' })).rejects.toMatchObject({
        code: 'pass-expired',
      });
      await expect(ask(gate, {}, { pass: strange, from: '198.51.100.1' })).rejects.toMatchObject({
        code: 'pass-key-unknown',
      });
    }
  });
});

describe('a height', () => {
  test('is that of the folder or of the token, whichever is lower', async () => {
    const { gate } = openRig();
    const authorization = `Bearer ${await signToken({ maxHeight: 500 })}`;
    expect(await ask(gate, { authorization })).toEqual({ audience: 'private', maxHeight: 500 });
    for (const [maxHeight, expected] of [
      [360, 360],
      [720, 500],
    ] as const)
      expect((await ask(gate, { authorization }, { maxHeight })).maxHeight).toBe(expected);
    const free = `Bearer ${await signToken()}`;
    expect((await ask(gate, { authorization: free })).maxHeight).toBeUndefined();
    expect((await ask(gate, { authorization: free }, { maxHeight: 360 })).maxHeight).toBe(360);
  });

  test('is in what a pass is for: the folder of another one needs another pass', async () => {
    const { gate, passFor } = openRig();
    const { path, cookie } = await passFor('live', { maxHeight: 500 });
    expect(await ask(gate, {}, { pass: path, maxHeight: 480 })).toMatchObject({ maxHeight: 480 });
    expect(await ask(gate, { cookie: `frontrow=${cookie}` }, { maxHeight: 480 })).toMatchObject({
      maxHeight: 480,
    });
    for (const asked of [
      ask(gate, {}, { pass: path }),
      ask(gate, {}, { pass: path, maxHeight: 720 }),
      ask(gate, { cookie: `frontrow=${cookie}` }),
    ])
      await expect(asked).rejects.toMatchObject({ code: 'pass-invalid' });
  });

  test('of a folder holds for caches and where nobody is asked', async () => {
    const small = { maxHeight: 360 };
    expect(await ask(openRig().gate, { 'frontrow-edge': edgeKey }, small)).toMatchObject(small);
    expect(await ask(openRig({ openBroadcast: true }).gate, {}, small)).toMatchObject(small);
    expect(await ask(openRig({ jwtKeys: [], edgeKeys: [] }).gate, {}, small)).toMatchObject(small);
  });
});

describe('the key of a cache', () => {
  test('opens everything, for everybody', async () => {
    const headers = { 'frontrow-edge': edgeKey };
    expect(await ask(openRig().gate, headers)).toMatchObject({ audience: 'public', edge: 'edge' });
    // Where nobody needs a pass no cache takes one out of a path.
    expect((await ask(openRig({ openBroadcast: true }).gate, headers)).edge).toBeUndefined();
  });
  test('does not vouch for a pass that is still in the path', async () => {
    const { gate, passFor } = openRig();
    const headers = { 'frontrow-edge': edgeKey };
    const { path } = await passFor();
    const admitted = await ask(gate, headers, { pass: path });
    expect([typeof admitted.audience, admitted.edge]).toEqual(['object', undefined]);
    const refused = ask(gate, headers, { pass: (await passFor('other')).path });
    await expect(refused).rejects.toMatchObject({ code: 'pass-invalid' });
  });
  test('that is wrong is refused, whatever else there is', async () => {
    const { gate, passFor } = openRig();
    const refused = ask(gate, { 'frontrow-edge': 'wrong' }, { pass: (await passFor()).path });
    await expect(refused).rejects.toMatchObject({ code: 'edge-key-invalid', kind: 'forbidden' });
  });
});

describe('guessing', () => {
  test.each<[string, Record<string, string>, string | undefined, string]>([
    ['tokens', { authorization: 'Bearer guess' }, undefined, 'token-invalid'],
    ['passes', {}, `1900000000.own.${'0'.repeat(64)}x`, 'pass-invalid'],
    ['cookies', { cookie: 'frontrow=guess' }, undefined, 'pass-invalid'],
    ['keys of caches', { 'frontrow-edge': 'guess' }, undefined, 'edge-key-invalid'],
  ])('%s is made slow for whoever does it, and for nobody else', async (_what, headers, pass, code) => {
    const { gate, passFor } = openRig();
    const guess = (from: string): Promise<unknown> =>
      ask(gate, headers, { from, ...(pass !== undefined && { pass }) }).catch(
        (error: unknown) => (error as { code: unknown }).code,
      );
    const from = '198.51.100.7';
    const codes = [await guess(from), await guess(from), await guess(from), await guess(from)];
    expect(codes.slice(0, 2)).toEqual([code, code]);
    expect(codes.at(-1)).toBe('rate-limited');
    expect(await guess('198.51.100.8')).toBe(code);
    // Its neighbours behind the same address go on watching, and come in.
    const authorization = `Bearer ${await signToken()}`;
    expect((await ask(gate, { authorization }, { from })).audience).toBe('private');
    expect((await ask(gate, {}, { from, pass: (await passFor()).path })).audience).toBeTypeOf('object');
  });
});
