import { describe, expect, test } from 'vitest';
import { acceptsGzip, type CacheAudience, sendFailure, sendVerdict } from '#src/hls/respond.ts';
import { notBegun, readOnly } from '#src/hls/failures.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { hearing, openServer } from '#test/kit/hls-rig.ts';

describe('gzip is sent', () => {
  test.each([
    ['gzip', true],
    ['gzip, deflate, br', true],
    ['br;q=1.0, GZIP;q=0.5', true],
    ['*', true],
    ['x-gzip', true],
    ['', false],
    [undefined, false],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['*;q=0', false],
    ['identity', false],
    ['gzip;q=0, *', false],
  ])('for %s: %s', (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});

describe('failures', () => {
  async function answerTo(
    error: unknown,
    method = 'GET',
  ): Promise<{ answer: Awaited<ReturnType<typeof exchange>>; warnings: string[] }> {
    const warnings: string[] = [];
    await using server = await openServer((_request, response) =>
      sendFailure(error, response, hearing(warnings)),
    );
    return { answer: await exchange(server.base, { method }), warnings };
  }

  test('become problem+json with a stable code', async () => {
    const { answer, warnings } = await answerTo(notBegun({ obstacle: undefined }));
    expect(answer.status).toBe(404);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'max-age=1',
      'retry-after': '1',
      'access-control-allow-origin': '*',
    });
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      type: 'urn:frontrow:problem:hls-not-ready',
      status: 404,
      code: 'hls-not-ready',
    });
    expect(warnings).toEqual([]);
  });

  test('of the method tell which are allowed', async () => {
    const { answer } = await answerTo(readOnly('POST'), 'POST');
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  test('that are bugs are logged and tell nothing', async () => {
    const { answer, warnings } = await answerTo(new Error('secret'));
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).not.toContain('secret');
    expect(warnings).toEqual(['hls request failed unexpectedly']);
  });
});

describe('a verdict about a pass', () => {
  const told = async (audience: CacheAudience): Promise<string | undefined> => {
    await using server = await openServer((_request, response) => sendVerdict(response, audience));
    const { status, headers, body } = await exchange(server.base);
    expect([status, headers['access-control-allow-origin'], body.length]).toEqual([204, '*', 0]);
    return headers['cache-control'];
  };

  test('may be kept for as long as the pass lives', async () => {
    const lasting = await told({ publicUntilMs: Date.now() + 86_400_000 });
    const leftS = Number(/^public, max-age=(\d+)$/.exec(lasting ?? '')?.[1]);
    expect(leftS).toBeGreaterThan(86_000);
    expect(leftS).toBeLessThanOrEqual(86_400);
  });

  test('is told for a moment where none is needed, and to its holder alone what a token opened', async () => {
    expect(await told('public')).toBe('max-age=10');
    expect(await told('private')).toBe('private, max-age=10');
  });
});
