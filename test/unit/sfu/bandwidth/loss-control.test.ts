import { expect, test } from 'vitest';
import { LossControl } from '#src/sfu/bandwidth/loss-control.ts';

const settings = { startBps: 800_000, minBps: 30_000, maxBps: 10_000_000 };

/** Ten packets every 100 ms, of which `lost` are lost; the estimate in force is the limit itself, at most 2 Mbit/s. */
function run(control: LossControl, seconds: number, lost: number, fromMs = 0): void {
  for (let nowMs = fromMs; nowMs < fromMs + 1000 * seconds; nowMs += 100) {
    for (let i = 0; i < 20; i += 1)
      if (i < lost) control.lost();
      else control.arrived();
    control.update(Math.min(control.bps, 2_000_000), 1_600_000, 50, nowMs);
  }
}

test('no loss, no limit', () => {
  const control = new LossControl(settings);
  run(control, 5, 0);
  expect(control).toMatchObject({ ratio: 0, bps: 10_000_000 });
});

test('five percent neither cut nor grow the rate', () => {
  const control = new LossControl(settings);
  run(control, 1, 20);
  const cut = control.bps;
  expect(cut).toBeLessThan(2_000_000);
  run(control, 5, 1, 10_000);
  expect(control.ratio).toBeCloseTo(0.05, 1);
  run(control, 5, 1, 15_000);
  expect(control.bps).toBeLessThanOrEqual(cut);
});

test('a fifth lost cuts it step by step, down to the floor and no further', () => {
  const control = new LossControl(settings);
  control.floorBps = 200_000;
  run(control, 1, 4);
  expect(control.bps).toBeGreaterThan(1_000_000);
  run(control, 30, 4, 1000);
  expect(control.bps).toBe(200_000);
  expect(control.slowRatio).toBeCloseTo(0.2, 1);
});

test('the floor does not hold when half is lost', () => {
  const control = new LossControl(settings);
  control.floorBps = 200_000;
  run(control, 30, 10);
  expect(control.bps).toBe(30_000);
});

test('grows again when loss is over, to half as much again as arrives; a probe lifts it at once', () => {
  const control = new LossControl(settings);
  run(control, 5, 6);
  const cut = control.bps;
  run(control, 10, 0, 5000);
  expect(control.bps).toBeGreaterThan(1.3 * cut);
  run(control, 120, 0, 15_000);
  expect(control.bps).toBeLessThanOrEqual(1.5 * 1_600_000 + 10_000);
  control.raise(5_000_000);
  expect(control.bps).toBe(5_000_000);
});

test('what comes after all was not lost', () => {
  const control = new LossControl(settings);
  for (let i = 0; i < 40; i += 1) control.lost();
  for (let i = 0; i < 40; i += 1) control.recovered();
  control.update(1_000_000, 0, 50, 0);
  expect(control).toMatchObject({ ratio: 0, bps: 10_000_000 });
});

test('takes the share of a receiver report as it is', () => {
  const control = new LossControl(settings);
  control.reported(0.3);
  control.update(1_000_000, 0, 50, 0);
  expect(control.ratio).toBeCloseTo(0.3);
  expect(control.bps).toBeCloseTo(850_000);
});

test('a burst that was lost is answered once: what was sent before the decrease is no reason for another', () => {
  const control = new LossControl(settings);
  run(control, 1, 0);
  run(control, 0.3, 8, 1000);
  const cut = control.bps;
  expect(cut).toBeLessThan(2_000_000);
  run(control, 3, 0, 1300);
  expect(control.bps).toBeGreaterThanOrEqual(cut);
});
