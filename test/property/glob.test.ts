import fc from 'fast-check';
import { test } from 'vitest';
import { globMatches } from '#src/core/glob.ts';

const letters = (...more: string[]) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', ...more), maxLength: 12 });

/** The obvious way, which takes its time. */
function slowly(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  const rest = pattern.slice(1);
  if (pattern.startsWith('*')) return slowly(rest, name) || (name !== '' && slowly(pattern, name.slice(1)));
  return name !== '' && (pattern.startsWith('?') || pattern[0] === name[0]) && slowly(rest, name.slice(1));
}

test('a pattern matches what it does in the obvious way', () => {
  fc.assert(
    fc.property(
      letters('*', '?'),
      letters(),
      (pattern, name) => globMatches(pattern, name) === slowly(pattern, name),
    ),
    { numRuns: 2_000 },
  );
});

test('every name matches itself, with any part replaced by a star', () => {
  fc.assert(
    fc.property(letters(), fc.nat(12), fc.nat(12), (name, from, to) => {
      const [start, end] = [Math.min(from, to), Math.max(from, to)];
      return globMatches(`${name.slice(0, start)}*${name.slice(end)}`, name) && globMatches(name, name);
    }),
  );
});
