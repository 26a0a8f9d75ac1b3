import { describe, expect, it } from 'vitest';

import { frameRateHz, longestGapMs, usualWidth } from '../../../bench/adapt/shown.ts';

const frames = [0, 40, 80, 300, 340].map((atMs) => ({ atMs: 1_000 + atMs, width: atMs < 300 ? 1280 : 640 }));

describe('what a viewer was shown', () => {
  it('a freeze is the longest time between two frames', () => {
    expect(longestGapMs(frames, 1_000, 1_350)).toBe(220);
  });

  it('a picture that stands still until the end is frozen, and one that never came was from the start', () => {
    expect(longestGapMs(frames, 1_000, 2_000)).toBe(660);
    expect(longestGapMs(frames, 500, 1_350)).toBe(500);
    expect(longestGapMs([], 500, 1_350)).toBe(850);
  });

  it('frames outside the stretch do not count', () => {
    expect(longestGapMs(frames, 1_290, 1_350)).toBe(40);
    expect(frameRateHz(frames, 1_000, 1_100)).toBe(30);
  });

  it('the usual width is that of most frames', () => {
    expect(usualWidth(frames)).toBe(1280);
    expect(usualWidth([])).toBe(0);
  });
});
