import { describe, expect, test } from 'vitest';
import { Failure, type FailureKind } from '#src/core/failure.ts';
import { challengeFor, tokenInQuery, tokenOf } from '#src/http/credentials.ts';

test.each([
  ['Bearer abc', 'abc'],
  ['bearer   abc', 'abc'],
  ['BEARER a.b-c_d~e+f/g=', 'a.b-c_d~e+f/g='],
  ['abc', 'abc'],
  [' abc ', 'abc'],
  ['Bearer undefined', undefined],
  ['Bearer null', undefined],
  ['undefined', undefined],
  ['Bearer', undefined],
  ['Bearer ', undefined],
  ['', undefined],
  ['Basic dXNlcjpwYXNz', undefined],
  ['Bearer two words', undefined],
])('Authorization: "%s" holds %s', (authorization, token) => {
  expect(tokenOf({ headers: { authorization } })).toBe(token);
});

test('no header, no token', () => {
  expect(tokenOf({ headers: {} })).toBeUndefined();
});

describe('a token in the query', () => {
  test.each([['token'], ['access_token'], ['jwt'], ['Authorization'], ['TOKEN'], ['auth_token']])(
    'as %s',
    (name) => {
      const failure = tokenInQuery(`/whip/live?a=1&${name}=secret`);
      expect(failure).toMatchObject({ kind: 'invalid', code: 'token-in-query' });
      expect(failure?.message).not.toContain('secret');
    },
  );

  test.each([
    [undefined],
    ['/whip/live'],
    ['/whip/live?'],
    ['/hls/token/index.m3u8?_HLS_msn=1'],
    ['/join/a?codecs=jwt'],
  ])('is none in %s', (url) => {
    expect(tokenInQuery(url)).toBeUndefined();
  });

  test('is found whatever the query is like', () => {
    expect(tokenInQuery('/a?%74oken=x')).toBeDefined();
    expect(tokenInQuery('/a?%ff&=&&token')).toBeDefined();
  });
});

test.each<[FailureKind, string, string | undefined]>([
  ['unauthorized', 'token-missing', 'Bearer realm="frontrow"'],
  [
    'unauthorized',
    'token-expired',
    'Bearer realm="frontrow", error="invalid_token", error_description="it\'s old \'x\'"',
  ],
  ['forbidden', 'not-allowed', 'Bearer realm="frontrow", error="insufficient_scope"'],
  ['forbidden', 'something-else', undefined],
  ['invalid', 'token-in-query', 'Bearer realm="frontrow", error="invalid_request"'],
  ['missing', 'session-not-found', undefined],
])('%s %s is answered with the challenge %s', (kind, code, challenge) => {
  const failure = Object.assign(new Failure('invalid', 'x', 'it\'s old "x"'), { kind, code });
  expect(challengeFor(failure)).toBe(challenge);
});
