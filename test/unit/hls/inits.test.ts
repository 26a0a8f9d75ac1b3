import { expect, test } from 'vitest';
import { Inits } from '#src/hls/inits.ts';

test('init segments stay for many runs, not for ever', () => {
  const inits = new Inits();
  for (let run = 1; run <= 100; run += 1) inits.put(`v0_e${run}.mp4`, Uint8Array.of(run));
  expect(inits.get('v0_e100.mp4')).toEqual(Uint8Array.of(100));
  expect(inits.get('v0_e37.mp4')).toEqual(Uint8Array.of(37));
  expect(inits.get('v0_e36.mp4')).toBeUndefined();
});
