import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { makePictures, storyboardOf, storyboardText } from '#src/record/pictures.ts';
import { madeJournal } from '#test/kit/record-segments.ts';

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

test('a recording with a single keyframe has pictures too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pictures-'));
  try {
    const source = [
      '-f',
      'lavfi',
      '-i',
      'testsrc=size=320x180:rate=30:duration=2',
      '-c:v',
      'libx264',
      '-g',
      '99',
    ];
    await promisify(execFile)('ffmpeg', ['-v', 'error', ...source, join(folder, 'v0_1.mp4')]);
    const signal = AbortSignal.timeout(60_000);
    await makePictures({ folder, journal: madeJournal([1]), ffmpegPath: 'ffmpeg', signal });
    const names = ['poster.jpg', 'storyboard.jpg', 'storyboard.vtt', 'v0_1.mp4'];
    expect((await readdir(folder)).toSorted()).toEqual(names);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
