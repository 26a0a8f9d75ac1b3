import { expect, test } from 'vitest';
import { Steadiness } from '#src/bridge/layers/steadiness.ts';

test('what was there at the beginning counts at once, a newcomer after a second', () => {
  const first = new Steadiness();
  expect(first.isSteady(0)).toBe(false);
  first.trust();
  expect(first.isSteady(0)).toBe(false);
  first.well(0);
  expect(first.isSteady(0)).toBe(true);
  const newcomer = new Steadiness();
  newcomer.well(1_000);
  newcomer.well(1_900);
  expect(newcomer.isSteady(1_999)).toBe(false);
  expect(newcomer.isSteady(2_000)).toBe(true);
});

test('each loss makes the next return take twice as long; a loss before it counted is none', () => {
  const layer = new Steadiness();
  layer.trust();
  layer.well(0);
  let nowMs = 0;
  for (const neededMs of [5_000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000]) {
    layer.lost(nowMs);
    layer.lost(nowMs);
    layer.trust();
    layer.well(nowMs);
    layer.lost(nowMs + 1);
    layer.well(nowMs + 1_000);
    nowMs += 1_000 + neededMs;
    expect([layer.isSteady(nowMs - 1), layer.isSteady(nowMs)]).toEqual([false, true]);
  }
});
