import { expect, test } from 'vitest';
import { defaultBandwidth } from '#src/sfu/bandwidth/settings.ts';
import { RembEstimate } from '#src/sfu/bandwidth/remb-estimate.ts';

test('unknown until told, falls at once, rises halfway each time', () => {
  const remb = new RembEstimate(defaultBandwidth);
  expect(remb.bps).toBe(0);
  remb.add(1_000_000, 0);
  expect(remb.bps).toBe(950_000);
  remb.add(400_000, 1000);
  expect(remb).toMatchObject({ bps: 380_000, decreasedMs: 1000 });
  remb.add(800_000, 2000);
  expect(remb).toMatchObject({ bps: 570_000, decreasedMs: 1000 });
});

test('stays within its bounds, whatever it is told', () => {
  const remb = new RembEstimate(defaultBandwidth);
  remb.add(0, 0);
  expect(remb.bps).toBe(defaultBandwidth.minBps);
  for (let i = 0; i < 50; i += 1) remb.add(2 ** 80, i);
  expect(remb.bps).toBeCloseTo(defaultBandwidth.maxBps);
});
