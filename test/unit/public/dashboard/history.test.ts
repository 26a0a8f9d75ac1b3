import { expect, it } from 'vitest';
import { StreamHistory } from '#public/dashboard/history.ts';
import { stream } from './fixtures.ts';

it('keeps a bounded number of samples', () => {
  const history = new StreamHistory(3);
  for (let second = 0; second < 10; second++) history.add(stream(), second * 1_000);
  expect(history.samples.map((sample) => sample.atMs)).toEqual([7_000, 8_000, 9_000]);
});

it('counts loss over the last seconds only, and nothing when counters start over', () => {
  const history = new StreamHistory();
  history.add(stream({}, { packets: 0, lost: 500 }), 0);
  history.add(stream({}, { packets: 1_000, lost: 500 }), 20_000);
  history.add(stream({}, { packets: 1_990, lost: 510 }), 25_000);
  expect(history.lossRatio(10)).toBeCloseTo(0.01, 5);
  history.add(stream({}, { packets: 10, lost: 0 }), 26_000);
  expect(history.lossRatio(10)).toBe(0);
});

it('remembers when the last keyframe came', () => {
  const history = new StreamHistory();
  expect(history.sinceKeyframeMs(5_000)).toBe(0);
  history.add(stream({}, { keyframes: 1 }), 1_000);
  history.add(stream({}, { keyframes: 1 }), 2_000);
  expect(history.sinceKeyframeMs(4_000)).toBe(3_000);
  history.add(stream({}, { keyframes: 2 }), 4_000);
  expect(history.sinceKeyframeMs(4_500)).toBe(500);
});

it('shows no bitrate for a stream that is not live', () => {
  const history = new StreamHistory();
  history.add(stream({ live: false }), 0);
  expect(history.samples[0]?.bitrateBps).toBe(0);
});
