import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Kept, outlived } from '#src/record/retention.ts';

const noLimits = { maxAgeMs: 0, maxTotalBytes: 0, maxRecordings: 1_000 };
const kept = (key: string, startedWallMs: number, more: Partial<Kept> = {}): Kept => ({
  key,
  startedWallMs,
  endedWallMs: startedWallMs + 10,
  bytes: 100,
  ...more,
});
const three = [kept('b', 200), kept('a', 100), kept('c', 300)];

describe('retention', () => {
  test('keeps everything without limits', () => {
    expect(outlived(three, noLimits, 1e12)).toEqual([]);
  });

  test('counts age from the end', () => {
    expect(outlived(three, { ...noLimits, maxAgeMs: 100 }, 311)).toEqual(['a', 'b']);
    expect(outlived(three, { ...noLimits, maxAgeMs: 100 }, 310)).toEqual(['a']);
  });

  test('makes room from the oldest on, and no more than needed', () => {
    expect(outlived(three, { ...noLimits, maxTotalBytes: 250 }, 0)).toEqual(['a']);
    expect(outlived(three, { ...noLimits, maxTotalBytes: 99 }, 0)).toEqual(['a', 'b', 'c']);
    expect(outlived(three, { ...noLimits, maxRecordings: 1 }, 0)).toEqual(['a', 'b']);
  });

  test('leaves what the object store does not have yet, unless there are too many', () => {
    const awaiting = [kept('b', 200), kept('a', 100, { awaited: true }), kept('c', 300)];
    expect(outlived(awaiting, { ...noLimits, maxAgeMs: 100 }, 1e12)).toEqual(['b', 'c']);
    expect(outlived(awaiting, { ...noLimits, maxTotalBytes: 250 }, 0)).toEqual(['b']);
    expect(outlived(awaiting, { ...noLimits, maxRecordings: 2 }, 0)).toEqual(['a']);
  });

  test('never takes one that grows, however large, old or first', () => {
    const one = fc.record({
      startedWallMs: fc.nat(1_000),
      endedWallMs: fc.option(fc.nat(2_000), { nil: undefined }),
      bytes: fc.nat(1_000),
    });
    const rules = fc.record({
      maxAgeMs: fc.nat(500),
      maxTotalBytes: fc.nat(2_000),
      maxRecordings: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), rules, (made, limits) => {
        const all = made.map((facts, index) => ({ ...facts, key: String(index) }));
        const gone = new Set(outlived(all, limits, 2_500));
        const left = all.filter(({ key }) => !gone.has(key));
        const growing = all.filter(({ endedWallMs }) => endedWallMs === undefined);
        const bytes = left.reduce((sum, { bytes: size }) => sum + size, 0);
        const onlyGrowing = left.length === growing.length;
        return (
          growing.every(({ key }) => !gone.has(key)) &&
          (limits.maxTotalBytes === 0 || bytes <= limits.maxTotalBytes || onlyGrowing) &&
          (left.length <= limits.maxRecordings || onlyGrowing)
        );
      }),
    );
  });
});
