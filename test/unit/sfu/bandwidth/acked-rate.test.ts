import { expect, test } from 'vitest';
import { AckedRate } from '#src/sfu/bandwidth/acked-rate.ts';

/** 1,000 bytes every `everyMs`, from one time to another. */
function arrive(acked: AckedRate, everyMs: number, fromMs: number, toMs: number): void {
  for (let atMs = fromMs; atMs < toMs; atMs += everyMs) acked.add(1000, atMs);
}

test('unknown for the first half second, then the rate that arrives', () => {
  const acked = new AckedRate();
  arrive(acked, 10, 0, 490);
  expect(acked.bps).toBe(0);
  arrive(acked, 10, 490, 2000);
  expect(acked.bps).toBeGreaterThan(760_000);
  expect(acked.bps).toBeLessThan(840_000);
});

test('follows a lasting change within a second; the peak follows within two windows', () => {
  const acked = new AckedRate();
  arrive(acked, 10, 0, 3000);
  arrive(acked, 2, 3000, 3310);
  expect(acked.peakBps).toBeGreaterThan(3_500_000);
  arrive(acked, 2, 3310, 4000);
  expect(acked.bps).toBeGreaterThan(3_000_000);
  arrive(acked, 40, 4000, 6000);
  expect(acked.bps).toBeLessThan(400_000);
  expect(acked.peakBps).toBeLessThan(400_000);
});

test('a pause, and news that went missing, are no low rate', () => {
  const acked = new AckedRate();
  arrive(acked, 10, 0, 3000);
  arrive(acked, 10, 8000, 8100);
  expect(acked.bps).toBeGreaterThan(700_000);
  acked.restart();
  arrive(acked, 10, 8250, 9000);
  expect(acked.bps).toBeGreaterThan(700_000);
});

test('a receiver clock that jumps back begins a new window, and late news counts where it is', () => {
  const acked = new AckedRate();
  arrive(acked, 10, 100_000, 103_000);
  arrive(acked, 10, 0, 3000);
  acked.add(1000, 2950);
  expect(acked.bps).toBeGreaterThan(760_000);
  expect(acked.bps).toBeLessThan(900_000);
});
