import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '#src/core/failure.ts';
import { DateRanges } from '#src/hls/dateranges.ts';
import { readCaptions } from '#src/http/routes/captions-body.ts';
import { readDateRange } from '#src/http/routes/dateranges-body.ts';
import { readAttributes } from '#test/kit/hls-reader.ts';

const seed = 11;
const nowMs = Date.UTC(2026, 10, 21, 20, 15);

/** Pieces of which hostile texts are made. */
const nasty = fc
  .array(
    fc.constantFrom(
      '"',
      '\n',
      '\r',
      '\t',
      ',',
      '=',
      '#EXT-X-ENDLIST',
      'a',
      'X-B',
      '-->',
      '\0',
      '\u2028',
      '0x',
      'FF',
      '🎤',
      '&',
      '<',
      ' ',
    ),
  )
  .map((pieces) => pieces.join(''));
const text = fc.oneof(nasty, fc.string(), fc.string({ unit: 'binary' }));
const value = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.jsonValue());
const time = fc.constantFrom('2026-11-21T20:15:00Z', '2026-11-21T20:16:00.5+00:00', 'now', '');

/** What was read, or the reason why not; anything else is thrown. */
function readOrRefuse<T>(read: () => T, code: string): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect([error.kind, error.code]).toEqual(['invalid', code]);
    return undefined;
  }
}

test('any body is read as captions or refused', () => {
  const body = fc.oneof(
    text,
    fc.json(),
    fc
      .record(
        {
          language: fc.oneof(text, fc.constant('en')),
          text,
          in: value,
          start: time,
          end: time,
          durationMs: value,
          id: text,
          settings: value,
        },
        { requiredKeys: [] },
      )
      .map((object) => JSON.stringify(object)),
  );
  fc.assert(
    fc.property(body, fc.boolean(), (sent, isLines) => {
      const read = readOrRefuse(() => readCaptions(sent, { isLines }), 'bad-caption');
      for (const wish of read?.wishes ?? []) expect(wish.text.length).toBeLessThanOrEqual(1_024);
    }),
    { numRuns: 1_500, seed },
  );
});

test('whatever is taken as a date range is one line, and read as what was sent', () => {
  const body = fc.record(
    {
      id: fc.oneof({ weight: 1, arbitrary: text }, { weight: 5, arbitrary: fc.constant('a') }),
      start: fc.constant('2026-11-21T20:15:00Z'),
      class: text,
      durationMs: fc.oneof(fc.nat(1_000), value),
      attributes: fc.dictionary(
        fc.oneof({ weight: 4, arbitrary: fc.constantFrom('X-A', 'X-B-1') }, { weight: 1, arbitrary: text }),
        fc.oneof(text, fc.double(), fc.string({ unit: fc.constantFrom(',', '=', '’', 'x', '0') })),
        { maxKeys: 3 },
      ),
    },
    { requiredKeys: ['id', 'start'] },
  );
  let taken = 0;
  fc.assert(
    fc.property(body, (object) => {
      const wish = readOrRefuse(() => readDateRange(JSON.stringify(object)), 'bad-daterange');
      if (!wish) return;
      taken += 1;
      const ranges = new DateRanges();
      ranges.add(wish, nowMs);
      const line = ranges.view.tags[0]?.text ?? '';
      expect(line).toMatch(/^#EXT-X-DATERANGE:[^\n\r]*$/);
      const read = readAttributes(line.slice(line.indexOf(':') + 1));
      expect(read.get('ID')).toBe(wish.id);
      for (const [name, sent] of Object.entries(wish.attributes))
        if (typeof sent === 'string' && !sent.startsWith('0x') && !sent.startsWith('0X'))
          expect(read.get(name)).toBe(sent);
      const known = ['ID', 'CLASS', 'START-DATE', 'DURATION', ...Object.keys(wish.attributes)];
      expect([...read.keys()].filter((name) => !known.includes(name))).toEqual([]);
    }),
    { numRuns: 1_500, seed },
  );
  expect(taken).toBeGreaterThan(100);
});
