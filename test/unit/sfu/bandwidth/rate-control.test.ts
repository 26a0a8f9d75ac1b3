import { expect, test } from 'vitest';
import { AckedRate } from '#src/sfu/bandwidth/acked-rate.ts';
import { RateControl } from '#src/sfu/bandwidth/rate-control.ts';
import { defaultBandwidth } from '#src/sfu/bandwidth/settings.ts';

/** An arriving rate, well known. */
function acked(bps: number): AckedRate {
  const rate = new AckedRate();
  for (let atMs = 0; atMs <= 3000; atMs += 10) rate.add(bps / 800, atMs);
  return rate;
}

test('grows eight percent a second while the delay stands, to half as much again as arrives', () => {
  const rate = new RateControl(defaultBandwidth);
  const arriving = acked(2_000_000);
  for (let nowMs = 0; nowMs <= 5100; nowMs += 100) rate.update('normal', arriving, 50, nowMs);
  expect(rate.bps / 800_000).toBeCloseTo(1.08 ** 5, 1);
  for (let nowMs = 5200; nowMs <= 60_000; nowMs += 100) rate.update('normal', arriving, 50, nowMs);
  expect(rate.bps).toBeGreaterThan(2_900_000);
  expect(rate.bps).toBeLessThan(3_100_000);
});

test('is not pulled down because little is sent', () => {
  const rate = new RateControl(defaultBandwidth);
  const arriving = acked(100_000);
  for (let nowMs = 0; nowMs <= 60_000; nowMs += 100) rate.update('normal', arriving, 50, nowMs);
  expect(rate.bps).toBe(800_000);
});

test('falls below what arrives when a queue grows, holds while it empties, then grows by packets', () => {
  const rate = new RateControl(defaultBandwidth);
  rate.raise(4_000_000, 0);
  const arriving = acked(1_000_000);
  rate.update('overusing', arriving, 50, 100);
  const fallen = rate.bps;
  expect(fallen / 850_000).toBeCloseTo(1, 1);
  expect(rate.decreasedMs).toBe(100);
  for (let nowMs = 200; nowMs <= 5000; nowMs += 100) rate.update('underusing', arriving, 50, nowMs);
  expect(rate.bps).toBe(fallen);
  for (let nowMs = 5100; nowMs <= 6100; nowMs += 100) rate.update('normal', arriving, 50, nowMs);
  expect(rate.bps).toBeGreaterThan(fallen);
  expect(rate.bps).toBeLessThan(fallen + 60_000);
});

test('one queue is answered once per round trip', () => {
  const rate = new RateControl(defaultBandwidth);
  const [before, after] = [acked(700_000), acked(500_000)];
  rate.update('overusing', before, 150, 1000);
  const first = rate.bps;
  rate.update('overusing', after, 150, 1100);
  expect(rate.bps).toBe(first);
  rate.update('overusing', after, 150, 1160);
  expect(rate.bps).toBeLessThan(first);
});

test('stays within its bounds', () => {
  const rate = new RateControl({ startBps: 500_000, minBps: 100_000, maxBps: 1_000_000 });
  rate.raise(9_000_000, 0);
  expect(rate.bps).toBe(1_000_000);
  for (let i = 0; i < 50; i += 1) rate.starve(0.5, i);
  expect(rate.bps).toBe(100_000);
});
