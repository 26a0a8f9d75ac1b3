import { expect, test } from 'vitest';
import type { StreamStatus } from '#src/core/status.ts';
import { maxStreamLabels } from '#src/telemetry/metric.ts';
import { openMetrics } from '#src/telemetry/prometheus.ts';
import { sent, snapshotOf, stream } from './snapshots.ts';

const first = Array.from({ length: maxStreamLabels }, (_, index) => stream(`s${index}`, 1));

test('streams beyond the limit of labels share one', async () => {
  const many = [...first, ...Array.from({ length: 10 }, (_, index) => stream(`more${index}`, 1))];
  const { text } = await openMetrics(() => snapshotOf(many))();
  expect(text).toContain('frontrow_viewers{stream="other",tier="interactive"} 10');
  expect(text.match(/tier="interactive"/g)).toHaveLength(maxStreamLabels + 1);
});

test('what they have in common never counts backwards', async () => {
  let others: readonly StreamStatus[] = [];
  const metrics = openMetrics(() => snapshotOf([...first, ...others]));
  const counted = async (...now: readonly StreamStatus[]): Promise<string | undefined> => {
    others = now;
    const { text } = await metrics();
    return /frontrow_viewer_sent_packets_total\{stream="other"\} (\d+)/.exec(text)?.[1];
  };
  expect(await counted(sent('x', { packetsSent: 100 }), sent('y', { packetsSent: 10 }))).toBe('110');
  expect(await counted(sent('y', { packetsSent: 15 }))).toBe('115');
  expect(await counted()).toBe('115');
  expect(await counted(sent('x', { packetsSent: 7 }))).toBe('122');
  // Ended and begun anew between two scrapes.
  expect(await counted(sent('x', { packetsSent: 2 }))).toBe('124');
});

test('a gauge of the rest is of those that are there', async () => {
  let others: readonly StreamStatus[] = [stream('x', 4), stream('y', 5)];
  const metrics = openMetrics(() => snapshotOf([...first, ...others]));
  expect((await metrics()).text).toContain('frontrow_viewers{stream="other",tier="interactive"} 9');
  others = [stream('x', 4)];
  expect((await metrics()).text).toContain('frontrow_viewers{stream="other",tier="interactive"} 4');
});
