import { expect, test } from 'vitest';
import { CpuMeter } from '#src/bridge/cpu.ts';

test('a busy process shows, a gone one does not', async () => {
  const meter = new CpuMeter();
  await meter.sample(process.pid, 0);
  const untilMs = performance.now() + 60;
  while (performance.now() < untilMs) Math.sqrt(untilMs);
  await meter.sample(process.pid, 1_000);
  // 60 ms of work, told as if a second had passed.
  expect(meter.cores).toBeGreaterThan(0.01);
  await meter.sample(undefined, 2_000);
  expect(meter.cores).toBe(0);
});
