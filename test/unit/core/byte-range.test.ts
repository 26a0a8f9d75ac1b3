import { expect, test } from 'vitest';
import { readRange } from '#src/core/byte-range.ts';

test.each([
  [undefined, undefined],
  ['', undefined],
  ['bytes=0-9', { start: 0, end: 9 }],
  ['bytes=90-', { start: 90, end: 99 }],
  ['bytes=90-1000', { start: 90, end: 99 }],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=-1000', { start: 0, end: 99 }],
  ['bytes=100-', 'none'],
  ['bytes=999-1000', 'none'],
  ['bytes=-0', 'none'],
  ['bytes=9-5', undefined],
  ['bytes=-', undefined],
  ['bytes=0-1,5-6', undefined],
  ['bytes=a-b', undefined],
  ['items=0-1', undefined],
  ['bytes=0-99999999999999999999', undefined],
])('Range: %s', (header, expected) => {
  expect(readRange(header, 100)).toEqual(expected);
});

test('an empty file has no range', () => {
  expect(readRange('bytes=0-0', 0)).toBe('none');
  expect(readRange('bytes=-5', 0)).toBe('none');
});
