import { describe, expect, it } from 'vitest';

import { delayPercentileMs } from '../../../bench/kit/load-clients.ts';
import { median, percentile } from '../../../bench/kit/statistics.ts';

/** 4,000 buckets of 25 us, then 1,000 of 1 ms. */
const histogram = (counts: Readonly<Record<number, number>>): Float64Array => {
  const all = new Float64Array(5_000);
  for (const [bucket, count] of Object.entries(counts)) all[Number(bucket)] = count;
  return all;
};

describe('delays counted between two looks', () => {
  it('only what came since the first look counts, to the upper edge of its bucket', () => {
    const before = histogram({ 0: 1_000, 3: 1 });
    const after = histogram({ 0: 1_000, 3: 100, 39: 101 });
    expect(delayPercentileMs(before, after, 0.49)).toBeCloseTo(0.1);
    expect(delayPercentileMs(before, after, 0.99)).toBeCloseTo(1);
  });

  it('long delays are told in whole milliseconds', () => {
    expect(delayPercentileMs(histogram({}), histogram({ 4_000: 1 }), 1)).toBe(101);
    expect(delayPercentileMs(histogram({}), histogram({ 4_999: 1 }), 1)).toBe(1_100);
  });

  it('nothing counted is no delay', () => {
    expect(delayPercentileMs(histogram({ 5: 2 }), histogram({ 5: 2 }), 0.5)).toBe(0);
  });
});

describe('figures over rounds', () => {
  it('the median of two is their mean', () => {
    expect([median([3, 1, 2]), median([4, 1]), median([])]).toEqual([2, 2.5, 0]);
  });

  it('a percentile is one of the numbers', () => {
    expect([percentile([5, 1, 3], 0.5), percentile([5, 1, 3], 0.95), percentile([], 0.5)]).toEqual([3, 5, 0]);
  });
});
