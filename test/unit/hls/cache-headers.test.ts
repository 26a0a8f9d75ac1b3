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
