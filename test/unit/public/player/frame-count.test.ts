import { describe, expect, it } from 'vitest';
import { type CountingVideo, frameCount } from '#public/player/frame-count.ts';

/** A live stream after 4 s. */
const video = (totalVideoFrames: number, painted?: number): CountingVideo => ({
  currentTime: 4,
  getVideoPlaybackQuality: () => ({ totalVideoFrames }),
  ...(painted !== undefined && { mozPaintedFrames: painted }),
});

describe('what proves that a live picture moves', () => {
  it('is the frames that the browser counts', () => {
    expect(frameCount(video(120), false)).toBe(120);
    expect(frameCount(video(120), true)).toBe(120);
  });

  it('is what Firefox painted, which counts no other frames of a live stream', () => {
    expect(frameCount(video(0, 95), false)).toBe(95);
  });

  it('is the clock where nothing is painted or counted, so that no stall is made up', () => {
    expect(frameCount(video(0, 95), true)).toBe(4);
    expect(frameCount(video(0), false)).toBe(4);
  });
});
