import { expect, test } from 'vitest';
import { LayerRates } from '#src/sfu/layers/layer-rates.ts';

test('rates add up over all layers below, and layers that stopped are gone', () => {
  const rates = new LayerRates();
  rates.note(0, 0, 1_000);
  rates.note(0, 1, 500);
  rates.note(2, 1, 2_000);
  expect([rates.maxSpatial, rates.maxTemporal, rates.bpsUpTo(2, 1)]).toEqual([2, 1, 0]);
  rates.measure(1_000);
  expect([rates.bpsUpTo(0, 0), rates.bpsUpTo(0, 1), rates.bpsUpTo(2, 1)]).toEqual([8_000, 12_000, 28_000]);
  rates.note(0, 0, 2_000);
  rates.measure(1_000);
  expect([rates.maxSpatial, rates.maxTemporal]).toEqual([0, 0]);
  expect(rates.bpsUpTo(7, 7)).toBe(8_000 + (16_000 - 8_000) * 0.4);
});
