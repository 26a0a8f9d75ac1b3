import type { Request, Response } from 'express';
import { expect, test } from 'vitest';

import { announcesNothing, bodyOf, expectType, isEmpty } from '#src/http/sdp-body.ts';

const asking = (headers: Record<string, string>): Request => ({ headers }) as unknown as Request;

test.each([
  [{}, true],
  [{ 'content-length': '0' }, true],
  [{ 'content-length': '1' }, false],
  [{ 'transfer-encoding': 'chunked' }, false],
])('%o announces nothing: %s', (headers, nothing) => {
  expect(announcesNothing(asking(headers as Record<string, string>))).toBe(nothing);
});

test('a body is empty, blank or something', () => {
  expect([undefined, '', ' '].map((body) => isEmpty({ body }))).toEqual([true, true, false]);
  expect(bodyOf({ body: 'v=0' })).toBe('v=0');
  for (const body of [undefined, '', ' \r\n', 7])
    expect(() => bodyOf({ body })).toThrow(expect.objectContaining({ code: 'empty-body' }) as Error);
});

test('a media type that is not taken is answered with the one that is', () => {
  const told: string[] = [];
  const response = {
    setHeader: (...header: string[]) => told.push(header.join(': ')),
  } as unknown as Response;
  let passed = 0;
  const next = (): void => {
    passed++;
  };
  const check = expectType(['application/sdp', 'text/x'], 'Accept-Post', ({ headers }) => 'x-ok' in headers);
  for (const headers of [
    { 'content-type': 'Application/SDP; charset=utf-8' },
    { 'content-type': 'text/x' },
    { 'x-ok': '1' },
  ])
    check(asking(headers), response, next);
  expect([passed, told]).toEqual([3, []]);
  expect(() => check(asking({ 'content-type': 'text/plain' }), response, next)).toThrow(
    expect.objectContaining({ kind: 'unsupported-media', code: 'wrong-media-type' }) as Error,
  );
  expect([passed, told]).toEqual([3, ['Accept-Post: application/sdp']]);
});
