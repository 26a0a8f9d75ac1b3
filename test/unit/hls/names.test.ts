import { describe, expect, test } from 'vitest';
import { isPast, segmentNumber } from '#src/hls/names.ts';
import type { Part, Segment } from '#src/hls/media-segment.ts';

const part = (name: string): Part => ({ name, listedMs: 200, independent: true, bytes: new Uint8Array(1) });

function segment(name: string, run: number, parts: readonly string[], gap = false): Segment {
  return {
    ...{ name, run, gap, msn: 1, discontinuity: false, mapName: '', independent: true },
    ...{ startWallMs: 0, startMs: 0, durationMs: 1_000, complete: true, parts: parts.map(part) },
  };
}

describe('whether a file would have been made by now', () => {
  const segments = [
    segment('v0_e1_s6.m4s', 1, []),
    segment('v0_e2_s7.m4s', 2, ['v0_e2_p40.m4s', 'v0_e2_p41.m4s']),
    segment('v0_e2_g9.m4s', 2, [], true),
  ];
  test.each([
    ['v0_e2_p41.m4s', true],
    ['v0_e1_p3.m4s', true],
    ['v0_e9_p41.m4s', true],
    ['v0_e2_p42.m4s', false],
    ['v0_e3_p42.m4s', false],
    ['v0_e2_s7.m4s', true],
    ['v0_e1_s1.m4s', true],
    ['v0_e2_s8.m4s', false],
    ['v0_e3_s8.m4s', false],
    ['s0_e2_s7.vtt', true],
    ['s0_e2_p42.vtt', false],
    ['v0_e2.mp4', true],
    ['v0_e1.mp4', true],
    ['v0_e3.mp4', false],
    ['story_1.jpg', false],
    ['v0.m3u8', false],
    ['', false],
  ])('%s: %s', (name, past) => {
    expect(isPast(name, { segments })).toBe(past);
  });

  test('nothing is past where nothing was made', () => {
    for (const name of ['v0_e1_p1.m4s', 'v0_e1_s1.m4s', 'v0_e1.mp4', 'v0_e0_p0.m4s'])
      expect(isPast(name, { segments: [] })).toBe(false);
  });
});

test('segments tell their run and number', () => {
  expect(segmentNumber('v0_e12_s345.m4s')).toEqual({ run: 12, number: 345 });
  expect(segmentNumber('v0_e12_p345.m4s')).toBeUndefined();
});
