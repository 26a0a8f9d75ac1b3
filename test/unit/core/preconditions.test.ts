import { describe, expect, test } from 'vitest';
import { type Asked, askedRange, type Version, weigh } from '#src/core/preconditions.ts';

const modifiedMs = Date.UTC(1994, 10, 6, 8, 49, 37) + 250;
const imf = 'Sun, 06 Nov 1994 08:49:37 GMT';
const before = 'Sun, 06 Nov 1994 08:49:36 GMT';
const after = 'Sun, 06 Nov 1994 08:49:38 GMT';
const version: Version = { etag: '"a,b"', modifiedMs };
const growing: Version = { etag: '"a,b"' };

const ask = (headers: Record<string, string>, method = 'GET'): Asked => ({ method, headers });

describe('preconditions (RFC 9110 section 13.2.2)', () => {
  test.each<[Record<string, string>, ReturnType<typeof weigh>]>([
    [{}, 'proceed'],
    // 13.1.1: the strong comparison.
    [{ 'if-match': '*' }, 'proceed'],
    [{ 'if-match': '"x", "a,b"' }, 'proceed'],
    [{ 'if-match': 'W/"a,b"' }, 'failed'],
    [{ 'if-match': '"a"' }, 'failed'],
    [{ 'if-match': 'nonsense' }, 'failed'],
    // 13.1.2: the weak comparison.
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"a,b"' }, 'not-modified'],
    [{ 'if-none-match': '"x",W/"a,b" , "y"' }, 'not-modified'],
    [{ 'if-none-match': '"a", "b"' }, 'proceed'],
    [{ 'if-none-match': '' }, 'proceed'],
    // 13.1.3: in all three forms of a date (5.6.7); what is none is as if it were not there.
    [{ 'if-modified-since': imf }, 'not-modified'],
    [{ 'if-modified-since': after }, 'not-modified'],
    [{ 'if-modified-since': before }, 'proceed'],
    [{ 'if-modified-since': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 'not-modified'],
    [{ 'if-modified-since': 'Sun Nov  6 08:49:37 1994' }, 'not-modified'],
    [{ 'if-modified-since': 'Sun Nov  6 08:49:36 1994' }, 'proceed'],
    [{ 'if-modified-since': '2099' }, 'proceed'],
    [{ 'if-modified-since': 'Yesterday, all my troubles' }, 'proceed'],
    // 13.1.4
    [{ 'if-unmodified-since': imf }, 'proceed'],
    [{ 'if-unmodified-since': before }, 'failed'],
    [{ 'if-unmodified-since': 'nonsense' }, 'proceed'],
    // The tag decides where both came.
    [{ 'if-none-match': '"x"', 'if-modified-since': imf }, 'proceed'],
    [{ 'if-match': '"a,b"', 'if-unmodified-since': before }, 'proceed'],
    [{ 'if-match': '"x"', 'if-none-match': '"a,b"' }, 'failed'],
    [{ 'if-match': '"a,b"', 'if-none-match': '"a,b"' }, 'not-modified'],
  ])('%j: %s', (headers, expected) => {
    for (const method of ['GET', 'HEAD']) expect(weigh(ask(headers, method), version)).toBe(expected);
  });

  test('by date say nothing about what is still being written', () => {
    expect(weigh(ask({ 'if-modified-since': after }), growing)).toBe('proceed');
    expect(weigh(ask({ 'if-unmodified-since': before }), growing)).toBe('proceed');
  });
});

describe('If-Range (RFC 9110 section 13.1.5)', () => {
  test.each<[string, boolean]>([
    ['"a,b"', true],
    ['W/"a,b"', false],
    ['"a"', false],
    ['"x", "a,b"', false],
    [imf, true],
    [before, false],
    // A later date is not the same version: unlike If-Modified-Since it must be the very one.
    [after, false],
    ['nonsense', false],
    ['', false],
  ])('%s: a part is sent: %s', (condition, isSent) => {
    const asked = ask({ 'if-range': condition, range: 'bytes=0-4' });
    expect(askedRange(asked, version, 10)).toEqual(isSent ? { start: 0, end: 4 } : undefined);
  });

  test('by date is never met by what is still being written', () => {
    expect(askedRange(ask({ 'if-range': imf, range: 'bytes=0-4' }), growing, 10)).toBeUndefined();
    expect(askedRange(ask({ 'if-range': '"a,b"', range: 'bytes=0-4' }), growing, 10)).toBeDefined();
  });
});

test('only GET has ranges (RFC 9110 section 14.2), and their unit is written in any case', () => {
  expect(askedRange(ask({ range: 'bytes=2-3' }), version, 10)).toEqual({ start: 2, end: 3 });
  expect(askedRange(ask({ range: 'Bytes=2-3' }), version, 10)).toEqual({ start: 2, end: 3 });
  expect(askedRange(ask({ range: 'bytes=2-3' }, 'HEAD'), version, 10)).toBeUndefined();
  expect(askedRange(ask({ range: 'bytes=10-' }), version, 10)).toBe('none');
  expect(askedRange(ask({}), version, 10)).toBeUndefined();
});
