import { expect, test } from 'vitest';
import { globMatches, globText } from '#src/core/glob.ts';

test.each([
  ['live', 'live', true],
  ['live', 'live2', false],
  ['live', 'liv', false],
  ['*', 'anything', true],
  ['lecture-*', 'lecture-', true],
  ['lecture-*', 'lecture-1.b', true],
  ['lecture-*', 'lecture', false],
  ['*-1', 'a-1-1', true],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b*c', 'aXcYb', false],
  ['cam?', 'cam1', true],
  ['cam?', 'cam', false],
  ['cam?', 'cam12', false],
  ['?*', 'x', true],
  ['', 'x', false],
  ['a.c', 'abc', false],
  ['*-rec', 'a-b-rec', true],
  ['*-rec', 'a-rec-b', false],
  ['l*e?', 'live2', true],
])('%s and %s: %s', (pattern, name, matches) => {
  expect(globMatches(pattern, name)).toBe(matches);
});

test('stars by the dozen take no time', () => {
  expect(globMatches('*a'.repeat(31), 'a'.repeat(63) + 'b')).toBe(false);
});

test('only characters of stream names, * and ? make a pattern', () => {
  for (const text of ['live', 'a*', '?', 'A.b_c-9']) expect(globText.test(text)).toBe(true);
  for (const text of ['', 'a/b', '[ab]', '{a,b}', 'a b', '\\', 'x'.repeat(65)])
    expect(globText.test(text)).toBe(false);
});
