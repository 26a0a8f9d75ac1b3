import { describe, expect, test } from 'vitest';
import { hlsConfig } from '#src/hls/config.ts';
import { frameRateOf, usualFrameMs, partTargetFor, timingOf } from '#src/hls/timing.ts';

describe('the part target', () => {
  test.each([
    [30, 6.5],
    [60, 15.5],
    [25, 5.5],
    [24, 6.5],
    [50, 10.5],
    [15, 5.5],
    [29.97, 6.5],
  ])('at %d frames per second is %d frames for a wish of 250 ms', (fps, frames) => {
    expect(partTargetFor(1000 / fps, 250)).toBeCloseTo((frames * 1000) / fps, 1);
  });

  test.each([5, 10, 12, 15, 20, 23.976, 24, 25, 30, 48, 50, 60, 90, 120])(
    'at %d frames per second its parts reach 85 %% of it',
    (fps) => {
      for (const wish of [100, 200, 250, 333, 500, 1000]) {
        const targetMs = partTargetFor(1000 / fps, wish);
        const frames = Math.floor((targetMs * fps) / 1000);
        expect((frames * 1000) / fps / targetMs).toBeGreaterThanOrEqual(0.85);
        expect(frames).toBeGreaterThanOrEqual(4);
      }
    },
  );
});

test('all fixed times follow the rules of the specification', () => {
  const timing = timingOf(216.67, hlsConfig.parse({}));
  expect(timing).toEqual({
    partTargetMs: 216.67,
    segmentTargetMs: 2_000,
    targetDurationMs: 8_000,
    segmentLimitMs: 8_499,
    partHoldBackMs: 650.01,
    holdBackMs: 24_000,
    canSkipUntilMs: 48_000,
    windowMs: 120_000,
  });
});

test('the default target duration holds the keyframe distance of an untouched OBS: 250 frames at 30 per second', () => {
  const { segmentLimitMs } = timingOf(216.67, hlsConfig.parse({}));
  expect(segmentLimitMs).toBeGreaterThan((250 * 1000) / 30);
});

test('a target duration below the segment length is lifted, a window below four of them too', () => {
  const timing = timingOf(
    200,
    hlsConfig.parse({ targetDurationMs: 1_000, segmentTargetMs: 2_500, windowSegments: 4 }),
  );
  expect(timing.targetDurationMs).toBe(3_000);
  expect(timing.windowMs).toBe(12_000);
});

test('the usual frame interval is not moved by a few outliers, nor by a slow start', () => {
  expect(usualFrameMs([33, 900, 33, 34, 33])).toBe(33);
  expect(usualFrameMs([])).toBeUndefined();
  // A browser's first second: every other frame at first.
  expect(usualFrameMs([66, 67, 66, 66, 67, 33, 34, 33, 33])).toBe(33);
});

describe('the frame rate', () => {
  test.each([
    ['of stamps in hundredths of a millisecond', [33.33, 33.33, 33.34, 33.33], 30],
    ['of stamps in milliseconds', [33, 34, 33, 33, 34, 33, 33, 34, 33], 30],
    ['a thousandth below', [33.37, 33.36, 33.37, 33.37], 30_000 / 1_001],
    ['of film', [41.71, 41.71, 41.7, 41.71], 24_000 / 1_001],
    ['of sixty', [16.67, 16.66, 16.67], 60],
    ['a thousandth below sixty', [16.68, 16.69, 16.68], 60_000 / 1_001],
    ['of browsers that begin with every other frame', [66.7, 66.7, 33.3, 33.4, 33.3], 30],
    ['with one that is missing and one that is late', [40, 40, 80, 40, 25, 40], 25],
    ['that no camera has', [80, 80, 80], 12.5],
    ['of slides', [4_000], 0.25],
  ])('%s', (_what, durationsMs, expected) => {
    expect(frameRateOf(durationsMs)).toBeCloseTo(expected, 6);
  });

  test('of nothing is not known', () => {
    expect(frameRateOf([])).toBeUndefined();
  });
});
