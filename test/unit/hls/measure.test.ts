import { expect, test } from 'vitest';
import { Measure, type HeldSample } from '#src/hls/measure.ts';

const held = (rendition: string, startMs: number, durationMs: number): HeldSample => ({
  track: { kind: rendition === 'v0' ? 'video' : 'audio', rendition, bytes: (async function* () {})() },
  sample: {
    ...{
      decodeTicks: 0,
      durationTicks: 0,
      offsetTicks: 0,
      flags: 0,
      data: new Uint8Array(0),
      independent: false,
    },
    startMs,
    durationMs,
  },
});

test('enough is known after the wished media of the leader; its median interval counts', () => {
  const measure = new Measure(200);
  const durations = [33, 33, 70, 33];
  let startMs = 0;
  const enough = durations.map((durationMs) => {
    const known = measure.add(held('v0', startMs, durationMs), 'v0');
    startMs += durationMs;
    return known;
  });
  expect(enough).toEqual([false, false, false, false]);
  measure.add(held('a0', 0, 21), 'v0');
  expect(measure.add(held('v0', startMs, 33), 'v0')).toBe(true);
  expect(measure.frameMs('v0')).toBe(33);
  expect(measure.take()).toHaveLength(6);
  expect(measure.empty).toBe(true);
});

test('a leader that does not come is not waited for, and the sound does not tell its frame rate', () => {
  const measure = new Measure(100);
  expect(measure.add(held('a0', 0, 250), 'v0')).toBe(false);
  expect(measure.add(held('a0', 250, 60), 'v0')).toBe(true);
  expect(measure.frameMs('v0')).toBeUndefined();
  expect(measure.frameMs('a0')).toBe(60);
});

test('samples without duration cannot fill the memory', () => {
  const measure = new Measure(1_000);
  let count = 1;
  while (!measure.add(held('v0', 0, 0), 'v0')) count += 1;
  expect(count).toBeLessThanOrEqual(5_000);
  expect(measure.frameMs('v0')).toBeUndefined();
});
