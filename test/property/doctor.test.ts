import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CaseBook } from '#src/doctor/case-book.ts';
import { catalogue, type FindingCode } from '#src/doctor/catalogue.ts';

const codes = Object.keys(catalogue) as FindingCode[];

interface Turn {
  readonly atMs: number;
  readonly what: 'appeared' | 'gone';
}

/** Plays what is so in each second; gives when the finding of a code turned. */
function turnsOf(code: FindingCode, seconds: readonly boolean[]): readonly Turn[] {
  const turns: Turn[] = [];
  let nowMs = 0;
  const book = new CaseBook('obs', {
    appeared: () => turns.push({ atMs: nowMs, what: 'appeared' }),
    gone: () => turns.push({ atMs: nowMs, what: 'gone' }),
  });
  for (const isSo of seconds) {
    nowMs += 1_000;
    book.update(isSo ? [{ code, evidence: {} }] : [], { nowMs, wallMs: nowMs });
  }
  return turns;
}

const scene = fc.record({
  code: fc.constantFrom(...codes),
  seconds: fc.array(fc.boolean(), { minLength: 1, maxLength: 120 }),
});

test('a finding appears only after its patience, and goes only after its patience: it never flaps', () => {
  fc.assert(
    fc.property(scene, ({ code, seconds }) => {
      const { appearMs, vanishMs } = catalogue[code];
      const so = (fromMs: number, toMs: number): readonly boolean[] =>
        seconds.slice(fromMs / 1000 - 1, toMs / 1000);
      const turns = turnsOf(code, seconds);
      for (const [index, { atMs, what }] of turns.entries()) {
        expect(what).toBe(index % 2 === 0 ? 'appeared' : 'gone');
        if (what === 'appeared') expect(so(Math.max(1_000, atMs - appearMs), atMs)).not.toContain(false);
        else expect(so(Math.max(1_000, atMs - vanishMs + 1_000), atMs)).not.toContain(true);
      }
    }),
  );
});

test('what stays so for long is found, and what is gone for long is not', () => {
  const longest = Math.max(...codes.flatMap((code) => [catalogue[code].appearMs, catalogue[code].vanishMs]));
  const seconds = longest / 1000 + 2;
  fc.assert(
    fc.property(scene, ({ code, seconds: before }) => {
      const always = Array.from({ length: seconds }, () => true);
      const never = always.map(() => false);
      expect(turnsOf(code, [...before, ...always]).at(-1)?.what).toBe('appeared');
      expect(turnsOf(code, [...before, ...always, ...never]).at(-1)?.what).toBe('gone');
    }),
  );
});
