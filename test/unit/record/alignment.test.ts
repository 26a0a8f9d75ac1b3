import { describe, expect, test } from 'vitest';
import type { MediaSegment } from '#src/core/record.ts';
import { Alignment } from '#src/record/alignment.ts';
import { madeSegment } from '#test/kit/record-segments.ts';

const names = (segments: readonly MediaSegment[]): readonly string[] =>
  segments.map(({ rendition, msn }) => `${rendition}.${msn}`);

describe('renditions begin together', () => {
  test('where the first video begins, whichever comes first', () => {
    const audioFirst = new Alignment();
    expect(audioFirst.take(madeSegment('audio', 0))).toEqual([]);
    expect(audioFirst.take(madeSegment('audio', 1))).toEqual([]);
    expect(names(audioFirst.take(madeSegment('video', 1)))).toEqual(['v0.2', 'a0.2']);
    expect(names(audioFirst.take(madeSegment('audio', 2)))).toEqual(['a0.3']);

    const videoFirst = new Alignment();
    expect(names(videoFirst.take(madeSegment('video', 1)))).toEqual(['v0.2']);
    expect(videoFirst.take(madeSegment('audio', 0))).toEqual([]);
    expect(names(videoFirst.take(madeSegment('audio', 1)))).toEqual(['a0.2']);
  });

  test('a segment counts by where most of it lies', () => {
    const alignment = new Alignment();
    alignment.take(madeSegment('video', 1));
    const early = { startWallMs: madeSegment('video', 1).startWallMs - 990 };
    expect(alignment.take(madeSegment('audio', 1, early))).toHaveLength(1);
    const tooEarly = { startWallMs: madeSegment('video', 1).startWallMs - 1_010 };
    expect(alignment.take(madeSegment('audio', 1, tooEarly))).toHaveLength(0);
  });

  test('at a keyframe; a video without one begins nothing', () => {
    const alignment = new Alignment();
    expect(alignment.take(madeSegment('video', 0, { independent: false }))).toEqual([]);
    expect(names(alignment.take(madeSegment('video', 1)))).toEqual(['v0.2']);
  });

  test('sound alone leads after a while, and loses nothing', () => {
    const alignment = new Alignment();
    for (const index of [0, 1, 2]) expect(alignment.take(madeSegment('audio', index))).toEqual([]);
    expect(names(alignment.take(madeSegment('audio', 3)))).toEqual(['a0.1', 'a0.2', 'a0.3', 'a0.4']);
  });

  test('anew after a break', () => {
    const alignment = new Alignment();
    alignment.take(madeSegment('video', 0));
    alignment.reset();
    expect(alignment.take(madeSegment('audio', 1))).toEqual([]);
    expect(names(alignment.take(madeSegment('video', 1)))).toEqual(['v0.2', 'a0.2']);
  });
});
