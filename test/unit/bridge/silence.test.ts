import { expect, test } from 'vitest';
import { SilenceFiller } from '#src/bridge/silence.ts';

test('audio that flows is left alone', () => {
  const filler = new SilenceFiller(0);
  for (let ms = 0; ms < 2_000; ms += 20) {
    expect(filler.audio(ms, 20, ms)).toBe(true);
    expect(filler.video(ms, ms)).toEqual([]);
  }
});

test('a track that never begins is silence from the start', () => {
  const filler = new SilenceFiller(0);
  const times = [0, 200, 400, 600].flatMap((ms) => [...filler.video(ms, ms)]);
  expect(times).toEqual(Array.from({ length: 30 }, (_, i) => i * 20));
});

test('audio that stops goes on as silence from where it ended, and real audio takes over without overlap', () => {
  const filler = new SilenceFiller(900);
  filler.video(1_000, 1_000);
  expect(filler.audio(960, 20, 1_000)).toBe(true);
  // It trailed the picture by 40 ms when it came.
  const times = filler.video(1_500, 1_500);
  expect([times[0], times.at(-1)]).toEqual([980, 1_440]);
  expect(filler.audio(1_300, 20, 1_510)).toBe(false);
  expect(filler.audio(1_460, 20, 1_520)).toBe(true);
});

test('a hole of minutes is not filled frame by frame', () => {
  const filler = new SilenceFiller(0);
  expect(filler.video(600_000, 600_000)).toEqual([599_980]);
});
