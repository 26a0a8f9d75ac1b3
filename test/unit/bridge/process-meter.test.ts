import { expect, test } from 'vitest';
import { ProcessMeter } from '#src/bridge/process-meter.ts';

test('a busy process shows, a gone one does not', async () => {
  const meter = new ProcessMeter();
  await meter.sample(process.pid, 0);
  const untilMs = performance.now() + 60;
  while (performance.now() < untilMs) Math.sqrt(untilMs);
  await meter.sample(process.pid, 1_000);
  // 60 ms of work, told as if a second had passed.
  expect(meter.cores).toBeGreaterThan(0.01);
  expect(meter.memoryBytes / process.memoryUsage.rss()).toBeCloseTo(1, 0);
  await meter.sample(undefined, 2_000);
  expect(meter.cores).toBe(0);
  expect(meter.memoryBytes).toBe(0);
});
