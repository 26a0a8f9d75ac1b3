import { expect, test } from 'vitest';
import { storyboardOf, storyboardText } from '#src/record/pictures.ts';

const size = { width: 1280, height: 720 };

test('a short recording has a picture every two seconds, a long one a hundred', () => {
  expect(storyboardOf(5_000, size)).toEqual({ everyMs: 2_000, tiles: 3, rows: 1, tileHeight: 90 });
  expect(storyboardOf(3_600_000, size)).toEqual({ everyMs: 36_000, tiles: 100, rows: 10, tileHeight: 90 });
  expect(storyboardOf(100, { width: 0, height: 0 })).toMatchObject({ tiles: 1, tileHeight: 90 });
  expect(storyboardOf(100, { width: 720, height: 1280 }).tileHeight).toBe(284);
});

test('every cue names its piece of the image, and the last ends with the recording', () => {
  const text = storyboardText(storyboardOf(25_000, size), 25_000);
  expect(text.startsWith('WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nstoryboard.jpg#xywh=0,0,160,90\n')).toBe(
    true,
  );
  expect(text).toContain('00:00:20.000 --> 00:00:22.000\nstoryboard.jpg#xywh=0,90,160,90\n');
  expect(text.endsWith('00:00:24.000 --> 00:00:25.000\nstoryboard.jpg#xywh=320,90,160,90\n')).toBe(true);
});
