import { expect, test } from 'vitest';
import { cacheHeaders } from '#src/hls/respond.ts';

test('what everybody may have is kept by every cache', () => {
  expect(cacheHeaders('public', 'public, max-age=3600, immutable')).toEqual({
    'Cache-Control': 'public, max-age=3600, immutable',
  });
  expect(cacheHeaders('public', 'max-age=1', 'Accept-Encoding')).toEqual({
    'Cache-Control': 'max-age=1',
    Vary: 'Accept-Encoding',
  });
});

test('what a token opened is for that client alone', () => {
  expect(cacheHeaders('private', 'public, max-age=3600, immutable')).toEqual({
    'Cache-Control': 'private, max-age=3600, immutable',
    Vary: 'Authorization',
  });
  expect(cacheHeaders('private', 'max-age=1', 'Accept-Encoding')).toEqual({
    'Cache-Control': 'private, max-age=1',
    Vary: 'Accept-Encoding, Authorization',
  });
});

test('what a URL opens for a while is not kept for longer than that', () => {
  const audience = { publicUntilMs: Date.now() + 60_000 };
  const ageOf = (cacheControl: string): number =>
    Number(/max-age=(\d+)/.exec(String(cacheHeaders(audience, cacheControl)['Cache-Control']))?.[1]);
  expect(ageOf('max-age=1')).toBe(1);
  expect(ageOf('public, max-age=3600, immutable')).toBeGreaterThan(40);
  expect(ageOf('public, max-age=3600, immutable')).toBeLessThanOrEqual(60);
  expect(cacheHeaders({ publicUntilMs: 0 }, 'public, max-age=3600, immutable', 'Accept-Encoding')).toEqual({
    'Cache-Control': 'public, max-age=0, immutable',
    Vary: 'Accept-Encoding',
  });
});
