import { expect, it } from 'vitest';
import { accessTrouble, asksForToken } from '#public/shared/access-words.ts';

it.each([
  ['token-missing', 'watch', /need a token to watch/],
  ['token-missing', 'publish', /asks for a stream key/],
  ['token-missing', 'operate', /need a key to see this page/],
  ['token-expired', 'watch', /has expired/],
  ['token-revoked', 'watch', /taken back/],
  ['token-invalid', 'publish', /does not know/],
  ['not-allowed', 'watch', /does not let you watch this stream/],
  ['not-allowed', 'operate', /not an operator’s/],
  ['tier-not-granted', 'watch', /way of watching/],
  ['webhook-refused', 'publish', /may not publish here/],
] as const)(
  '%s of who wants to %s is told in plain words, with the gateway’s beside them',
  (code, purpose, what) => {
    const trouble = accessTrouble({ status: 401, code, message: 'as it was said' }, purpose);
    expect(trouble.what).toMatch(what);
    expect(trouble.remedy).not.toBe('');
    expect(trouble.said).toEqual({ detail: 'as it was said', code });
  },
);

it('a token is asked for after 401 and 403 alone', () => {
  expect([401, 403].every((status) => asksForToken({ status }))).toBe(true);
  expect([0, 404, 409, 503, undefined].some((status) => asksForToken({ status }))).toBe(false);
  expect(asksForToken(undefined)).toBe(false);
});
