import { expect, test } from 'vitest';
import { Follower } from '#src/bridge/follower.ts';
import { Timeline } from '#src/bridge/timeline.ts';

const rates = { video: 90_000, audio: 48_000 };

/** A timeline with a second sound whose timestamps count from somewhere else, and everything arriving at once. */
function begun(side: Follower): Timeline {
  const timeline = new Timeline(rates, [side]);
  const first = { kind: 'video', timestamp: 90_000, arrivedMs: 5_000 } as const;
  timeline.observe(first);
  timeline.begin(first);
  return timeline;
}

test('a second sound stands where it arrived, until sender reports tell better, which moves it slowly', () => {
  const side = new Follower(48_000);
  const timeline = begun(side);
  expect(new Timeline(rates).placeSound(side, 0)).toBeUndefined();
  side.time.observe(0xffff_ff00, 5_040);
  expect(timeline.placeSound(side, 0xffff_ff00)).toBeCloseTo(40, 3);
  timeline.clock({ kind: 'video', timestamp: 90_000, ntpMs: 1_000_000 });
  side.time.report(0xffff_ff00, 1_000_000);
  const times: number[] = [];
  for (let frame = 1; frame <= 200; frame += 1) {
    const timestamp = (0xffff_ff00 + frame * 960) >>> 0;
    side.time.observe(timestamp, 5_040 + frame * 20);
    times.push((timeline.placeSound(side, timestamp) ?? 0) - frame * 20);
  }
  expect(times[0]).toBeGreaterThan(39);
  expect(Math.abs(times.at(-1) ?? 40)).toBeLessThan(1.5);
  expect(times.every((time, index) => index === 0 || time <= (times[index - 1] ?? 0))).toBe(true);
});

test('one whose timestamps broke off is found anew by its arrivals', () => {
  const side = new Follower(48_000);
  const timeline = begun(side);
  side.time.observe(0, 5_000);
  expect(timeline.placeSound(side, 0)).toBeCloseTo(0, 3);
  expect(side.time.observe(48_000_000, 5_020)).toBe(false);
  side.begin();
  expect(timeline.placeSound(side, 48_000_000)).toBeCloseTo(20, 3);
});

test('every epoch ties it anew', () => {
  const side = new Follower(48_000);
  const timeline = begun(side);
  side.time.observe(0, 5_010);
  expect(timeline.placeSound(side, 0)).toBeCloseTo(10, 3);
  const next = { kind: 'video', timestamp: 180_000, arrivedMs: 6_000 } as const;
  timeline.observe(next);
  timeline.begin(next);
  side.time.observe(48_000, 6_010);
  expect(timeline.placeSound(side, 48_000)).toBeCloseTo(10, 3);
});
