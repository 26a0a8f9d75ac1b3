import { expect, test } from 'vitest';
import type { Snapshot, StreamStatus } from '#src/core/status.ts';
import { openMetrics } from '#src/telemetry/prometheus.ts';
import { streamName } from '#test/kit/session-fakes.ts';

const stream = (id: string, viewers: number): StreamStatus => ({
  id: streamName(id),
  live: true,
  startedAt: null,
  publisher: null,
  tracks: [],
  viewers: { interactive: viewers, broadcast: 0 },
  interactivePeers: [],
  bridge: null,
  hls: null,
});
const worker = {
  engine: 'native',
  peers: 2,
  loopDelayMs: 4,
  datagramsOut: 9,
  mirrored: 0,
  mirrorLapses: 0,
} as const;
const snapshotOf = (streams: readonly StreamStatus[], dropped: Record<string, number> = {}): Snapshot => ({
  streams,
  node: {
    version: '0',
    uptimeMs: 0,
    engine: 'typescript',
    rtcPort: 1,
    addresses: [],
    mediaLoopDelayMs: 5,
    controlLoopDelayMs: 0,
    cpuCores: 0,
    rssBytes: 0,
    counters: { datagramsIn: 7, datagramsOut: 0, bytesIn: 0, bytesOut: 0, sendErrors: 0, dropped },
    workers: [
      { ...worker, port: 8189 },
      { ...worker, port: 8190, mirrored: 3 },
    ],
    ffmpeg: { available: false, version: null, problem: null },
    limits: {},
  },
});

test('scraping twice counts once', async () => {
  const metrics = openMetrics(() => snapshotOf([stream('a', 3)], { malformed: 2 }));
  await metrics();
  const { text } = await metrics();
  expect(text).toContain('frontrow_viewers{stream="a",tier="interactive"} 3');
  expect(text).toContain('frontrow_datagrams_received_total 7');
  expect(text).toContain('frontrow_datagrams_dropped_total{reason="malformed"} 2');
  expect(text).toContain('frontrow_media_loop_delay_seconds 0.005');
  expect(text).toContain('frontrow_worker_loop_delay_seconds{port="8189"} 0.004');
  expect(text).toContain('frontrow_worker_mirrored_packets_total{port="8190"} 3');
  expect(text).toContain('frontrow_worker_peers{port="8190"} 2');
});

test('streams beyond the limit of labels share one', async () => {
  const many = Array.from({ length: 510 }, (_, index) => stream(`s${index}`, 1));
  const { text } = await openMetrics(() => snapshotOf(many))();
  expect(text).toContain('frontrow_viewers{stream="other",tier="interactive"} 10');
  expect(text.match(/tier="interactive"/g)).toHaveLength(501);
});

test('a stream that ended is no longer shown', async () => {
  let streams = [stream('a', 1)];
  const metrics = openMetrics(() => snapshotOf(streams));
  await metrics();
  streams = [];
  expect((await metrics()).text).not.toContain('stream="a"');
});
