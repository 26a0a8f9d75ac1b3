import { expect, test } from 'vitest';
import { readTokenWish } from '#src/http/token-wish.ts';

const good = { stream: 'live', action: 'play', expiresInS: 60 };

test('what is not said has a name all the same', () => {
  expect(readTokenWish(good)).toEqual({ stream: 'live', action: 'view', expiresInS: 60, subject: 'minted' });
  expect(readTokenWish({ ...good, action: 'publish', subject: 'bob' })).toMatchObject({
    action: 'publish',
    subject: 'bob',
  });
  expect(readTokenWish({ ...good, stream: 'cam*', tier: 'broadcast', maxHeight: 720 })).toMatchObject({
    stream: 'cam*',
    tier: 'broadcast',
    maxHeight: 720,
  });
});

test('a publisher may be given qualities, and who names others is told which there are', () => {
  const wish = { ...good, action: 'publish', ladder: 'ladder-3' };
  expect(readTokenWish(wish)).toMatchObject({ action: 'publish', ladder: 'ladder-3' });
  expect(() => readTokenWish({ ...wish, ladder: 'all' })).toThrow(
    'must be one of passthrough, ladder-2, ladder-3, ladder-4',
  );
});

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'body'],
  ['a list', [], 'body'],
  ['no stream', { ...good, stream: undefined }, 'stream'],
  ['a path', { ...good, stream: '../x' }, 'stream'],
  ['operating', { ...good, action: 'operate' }, 'action'],
  ['half a second', { ...good, expiresInS: 0.5 }, 'expiresInS'],
  ['no lifetime', { ...good, expiresInS: 0 }, 'expiresInS'],
  ['a tier of its own', { ...good, tier: 'gold' }, 'tier'],
  ['a publisher of one tier', { ...good, action: 'publish', tier: 'broadcast' }, 'action'],
  ['a ladder that there is not', { ...good, action: 'publish', ladder: 'ladder-9' }, 'ladder'],
  ['a viewer with a ladder', { ...good, ladder: 'ladder-2' }, 'ladder'],
  ['an unknown field', { ...good, admin: true }, 'body'],
])('%s is refused by name', (_what, body, field) => {
  expect(() => readTokenWish(body)).toThrow(
    expect.objectContaining({
      kind: 'invalid',
      code: 'bad-token-request',
      message: expect.stringContaining(`${field}: `) as unknown,
    }),
  );
});
