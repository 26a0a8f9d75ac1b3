import { expect, test } from 'vitest';
import { Timeline } from '#src/bridge/timeline.ts';

const rates = { video: 90_000, audio: 48_000 };

test('a picture beside the leading video stands where its timestamp says, and moves nothing', () => {
  const timeline = new Timeline(rates);
  const first = { kind: 'video', timestamp: 0xffff_fff0, arrivedMs: 0 } as const;
  expect(timeline.placeBeside(0)).toBeUndefined();
  timeline.observe(first);
  timeline.begin(first);
  expect(timeline.placeBeside(0xffff_fff0)).toBe(0);
  expect(timeline.placeBeside(0xffff_fff0 - 900)).toBe(-10);
  expect(timeline.placeBeside(90_000 - 16)).toBe(1_000);
  const next = { kind: 'video', timestamp: 3_000 - 16, arrivedMs: 33 } as const;
  timeline.observe(next);
  expect(timeline.place(next)).toMatchObject({ backwards: false });
  expect(timeline.placeBeside(3_000 - 16)).toBeCloseTo(100 / 3);
});

test('beside sound that leads there is no picture', () => {
  const timeline = new Timeline(rates);
  const first = { kind: 'audio', timestamp: 0, arrivedMs: 0 } as const;
  timeline.observe(first);
  timeline.begin(first);
  expect(timeline.placeBeside(0)).toBeUndefined();
});
