import { describe, expect, test } from 'vitest';
import type { DateRangeWish } from '#src/core/timed-text.ts';
import { DateRanges } from '#src/hls/dateranges.ts';
import type { Segment } from '#src/hls/media-segment.ts';

const wallMs = 1_700_000_000_000;
const wish = (id: string, more: Partial<DateRangeWish> = {}): DateRangeWish => ({
  ...{ id, start: { wallMs }, attributes: {} },
  ...more,
});

/** A window of two-second segments; the first one begins at `wallMs` when its number is 1. */
const window = (from: number, to: number): readonly Segment[] =>
  Array.from({ length: to - from + 1 }, (_, index) => {
    const msn = from + index;
    return { msn, startWallMs: wallMs + (msn - 1) * 2_000, durationMs: 2_000 } as Segment;
  });

const ids = (ranges: DateRanges): readonly string[] =>
  ranges.view.tags.map(({ text }) => /ID="([^"]*)"/.exec(text)?.[1] ?? '');

describe('listed for as long as something of it is in the window', () => {
  test('then called removed for another window', () => {
    const ranges = new DateRanges();
    ranges.follow(window(1, 5));
    ranges.add(wish('short', { end: { durationMs: 1_000 } }), wallMs);
    ranges.add(wish('long', { end: { wallMs: wallMs + 9_000 } }), wallMs);
    ranges.add(wish('instant', { end: { durationMs: 0 }, start: { wallMs: wallMs + 1 } }), wallMs);
    ranges.add(wish('open'), wallMs);
    expect(ids(ranges)).toEqual(['short', 'long', 'instant', 'open']);
    ranges.follow(window(2, 6));
    expect(ids(ranges)).toEqual(['long', 'open']);
    expect(ranges.view.removed).toEqual(['short', 'instant']);
    ranges.follow(window(6, 10));
    expect([ids(ranges), ranges.view.removed]).toEqual([['open'], ['short', 'instant', 'long']]);
    ranges.follow(window(7, 11));
    expect(ranges.view.removed).toEqual(['long']);
    ranges.follow(window(11, 15));
    expect([ids(ranges), ranges.view.removed]).toEqual([['open'], []]);
    ranges.follow(window(2_000, 2_004));
    expect([ids(ranges), ranges.view.removed]).toEqual([[], ['open']]);
  });

  test('what has left the window already is too late', () => {
    const ranges = new DateRanges();
    ranges.follow(window(4, 8));
    expect(() => ranges.add(wish('a', { end: { durationMs: 6_000 } }), wallMs)).toThrow(
      expect.objectContaining({ code: 'daterange-too-late', kind: 'gone' }),
    );
    expect(ranges.add(wish('a', { end: { durationMs: 6_001 } }), wallMs)).toEqual({
      ...{ id: 'a', startMs: wallMs, endMs: wallMs + 6_001 },
    });
  });

  test('what begins later than in ten minutes is too early, and keeps no place', () => {
    const ranges = new DateRanges();
    ranges.follow(window(1, 5));
    const tooEarly = expect.objectContaining({ code: 'daterange-too-early', kind: 'invalid' }) as unknown;
    const startAt = (inMs: number): Partial<DateRangeWish> => ({
      start: { wallMs: wallMs + 20_000.6 + inMs },
    });
    expect(() => ranges.add(wish('a', startAt(600_001)), wallMs + 20_000.6)).toThrow(tooEarly);
    expect(() => ranges.add(wish('a', { start: { wallMs: Date.UTC(2099, 0) } }), wallMs)).toThrow(tooEarly);
    expect(ranges.view).toEqual({ tags: [], removed: [] });
    ranges.add(wish('a', startAt(600_000)), wallMs + 20_000.6);
    ranges.add(wish('b', { start: { inMs: 600_000 } }), wallMs + 20_000.6);
    expect(ids(ranges)).toEqual(['a', 'b']);
  });

  test('before the first segment everything may come', () => {
    const ranges = new DateRanges();
    ranges.add(wish('a', { end: { durationMs: 5 } }), wallMs);
    expect(ranges.view.tags[0]?.sinceMsn).toBe(1);
    ranges.follow([]);
    expect(ids(ranges)).toEqual(['a']);
  });
});

test('now is never behind the live edge, and is told', () => {
  const ranges = new DateRanges();
  ranges.follow(window(1, 5));
  const now = wish('a', { start: { inMs: 500 }, end: { durationMs: 10 } });
  expect(ranges.add(now, wallMs + 9_000).startMs).toBe(wallMs + 10_500);
  expect(ranges.add({ ...now, id: 'b' }, wallMs + 12_000.4)).toEqual({
    ...{ id: 'b', startMs: wallMs + 12_500, endMs: wallMs + 12_510 },
  });
});

describe('the same id again', () => {
  test('adds what was not known', () => {
    const ranges = new DateRanges();
    ranges.follow(window(1, 5));
    ranges.add(wish('break', { plannedDurationMs: 30_000, attributes: { 'SCTE35-OUT': '0xFC' } }), wallMs);
    const [before] = ranges.view.tags;
    ranges.follow(window(1, 9));
    ranges.add(wish('break', { end: { durationMs: 28_000 }, attributes: { 'SCTE35-IN': '0xFD' } }), wallMs);
    const [after] = ranges.view.tags;
    expect(after?.text).toMatch(/DURATION=28,PLANNED-DURATION=30,SCTE35-IN=0xFD,SCTE35-OUT=0xFC$/);
    expect([before?.sinceMsn, after?.sinceMsn]).toEqual([6, 10]);
  });

  test('without news changes nothing', () => {
    const ranges = new DateRanges();
    ranges.add(wish('a', { start: { inMs: 0 } }), wallMs);
    const before = ranges.view.tags;
    ranges.follow(window(1, 9));
    ranges.add(wish('a', { start: { inMs: 0 } }), wallMs + 5_000);
    expect(ranges.view.tags).toEqual(before);
  });

  test.each<[Partial<DateRangeWish>, string]>([
    [{ start: { wallMs: wallMs + 1 } }, 'START-DATE'],
    [{ class: 'other' }, 'CLASS'],
    [{ end: { durationMs: 2 } }, 'DURATION'],
    [{ attributes: { 'X-A': 'two' } }, 'X-A'],
  ])('with something else is refused: %j', (more, attribute) => {
    const ranges = new DateRanges();
    const first = wish('a', { class: 'c', end: { durationMs: 1 }, attributes: { 'X-A': 'one' } });
    ranges.add(first, wallMs);
    const before = ranges.view;
    expect(() => ranges.add({ ...first, ...more }, wallMs)).toThrow(
      expect.objectContaining({
        ...{ code: 'daterange-conflict', kind: 'conflict' },
        message: expect.stringContaining(`another ${attribute};`) as unknown,
      }),
    );
    expect(ranges.view).toEqual(before);
  });

  test('after it was removed is a new one', () => {
    const ranges = new DateRanges();
    ranges.follow(window(1, 5));
    ranges.add(wish('a', { end: { durationMs: 1 } }), wallMs);
    ranges.follow(window(3, 7));
    expect(ranges.view.removed).toEqual(['a']);
    ranges.add(wish('a', { start: { wallMs: wallMs + 9_000 } }), wallMs);
    expect([ids(ranges), ranges.view.removed]).toEqual([['a'], []]);
  });
});

describe('bounds', () => {
  const refusal = expect.objectContaining({ code: 'too-many-dateranges', kind: 'too-many' }) as unknown;

  test('so many at a time, those that just left included', () => {
    const ranges = new DateRanges();
    ranges.follow(window(1, 5));
    for (let index = 0; index < 64; index += 1)
      ranges.add(wish(`r${index}`, { end: { durationMs: 1 } }), wallMs);
    expect(() => ranges.add(wish('more'), wallMs)).toThrow(refusal);
    ranges.add(wish('r3', { end: { durationMs: 1 } }), wallMs);
    ranges.follow(window(3, 7));
    expect(() => ranges.add(wish('more'), wallMs)).toThrow(refusal);
    ranges.follow(window(9, 13));
    expect(ranges.add(wish('more'), wallMs).id).toBe('more');
  });

  test('so many characters', () => {
    const ranges = new DateRanges();
    const attributes = { 'X-A': 'x'.repeat(2_000) };
    for (let index = 0; index < 7; index += 1) ranges.add(wish(`r${index}`, { attributes }), wallMs);
    expect(() =>
      ranges.add(wish('more', { attributes: { ...attributes, 'X-B': 'x'.repeat(2_000) } }), wallMs),
    ).toThrow(refusal);
  });
});
