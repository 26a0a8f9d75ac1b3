import { expect, test } from 'vitest';
import { matchesAny } from '#src/record/glob.ts';

test.each([
  ['*', 'anything', true],
  ['live', 'live', true],
  ['live', 'live2', false],
  ['live*', 'live', true],
  ['live?', 'live', false],
  ['l*e?', 'live2', true],
  ['*-rec', 'a-b-rec', true],
  ['*-rec', 'a-rec-b', false],
  ['a*b*c', 'aXbYbZc', true],
  ['.', 'x', false],
  ['*a*a*a*a*b', 'a'.repeat(64), false],
])('%s and %s: %s', (pattern, name, expected) => {
  expect(matchesAny([pattern], name)).toBe(expected);
  expect(matchesAny(['nothing', pattern], name)).toBe(expected);
});

test('no pattern matches nothing', () => {
  expect(matchesAny([], 'live')).toBe(false);
});
