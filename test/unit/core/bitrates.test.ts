import { describe, expect, test } from 'vitest';
import { bitratesOf, type WeighedSegment } from '#src/core/bitrates.ts';

const segment = (durationMs: number, bytes: number, more: Partial<WeighedSegment> = {}): WeighedSegment => ({
  durationMs,
  bytes,
  gap: false,
  ...more,
});

describe('the peak', () => {
  test('is that of the heaviest segments which together are about as long as the target duration', () => {
    const segments = [segment(2_000, 2_000), segment(2_000, 4_000), segment(2_000, 1_000)];
    expect(bitratesOf(segments, 4_000).peakBps).toBe(16_000);
    // Half of six seconds is more than one of them.
    expect(bitratesOf(segments, 6_000).peakBps).toBe(12_000);
  });

  test('is not that of a keyframe which was left over when the publisher went', () => {
    const segments = [segment(2_000, 200_000), segment(0.01, 20_000), segment(2_000, 200_000)];
    expect(bitratesOf(segments, 2_000).peakBps).toBeLessThan(900_000);
  });

  test('does not reach over a gap', () => {
    const segments = [segment(1_000, 9_000), segment(1_000, 0, { gap: true }), segment(1_000, 9_000)];
    expect(bitratesOf(segments, 1_000).peakBps).toBe(72_000);
    expect(bitratesOf(segments, 3_000).peakBps).toBe(72_000);
  });

  test('of less than half of the target duration is the average', () => {
    expect(bitratesOf([segment(500, 1_000)], 4_000)).toEqual({ peakBps: 16_000, averageBps: 16_000 });
  });
});

test('of nothing there are none', () => {
  expect(bitratesOf([], 2_000)).toEqual({ peakBps: 0, averageBps: 0 });
  expect(bitratesOf([segment(2_000, 0, { gap: true })], 2_000)).toEqual({ peakBps: 0, averageBps: 0 });
});
