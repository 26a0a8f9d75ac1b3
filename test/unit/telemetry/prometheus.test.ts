import { expect, test } from 'vitest';
import type { BridgeReport } from '#src/core/cmaf.ts';
import { openMetrics } from '#src/telemetry/prometheus.ts';
import { layerReport as layer, viewerStatus as viewer } from '#test/kit/status-makers.ts';
import { snapshotOf, stream } from './snapshots.ts';

test('scraping twice counts once', async () => {
  const metrics = openMetrics(() => snapshotOf([stream('a', 3)], { malformed: 2 }));
  await metrics();
  const { text } = await metrics();
  expect(text).toContain('frontrow_info{version="0",engine="native"} 1');
  expect(text).toContain('frontrow_viewers{stream="a",tier="interactive"} 3');
  expect(text).toContain('frontrow_datagrams_received_total 7');
  expect(text).toContain('frontrow_datagrams_dropped_total{reason="malformed"} 2');
  expect(text).toContain('frontrow_media_loop_delay_seconds 0.005');
  expect(text).toContain('frontrow_worker_loop_delay_seconds{port="8189"} 0.004');
  expect(text).toContain('frontrow_worker_mirrored_packets_total{port="8190"} 3');
  expect(text).toContain('frontrow_worker_peers{port="8190"} 2');
});

test('layers and what viewers begin with are told by stream, kind and layer', async () => {
  const startUp = {
    packets: 9,
    bytes: 900,
    spanMs: 30,
    replays: 4,
    replayedPackets: 36,
    requestedInstead: 2,
  };
  const layers = [layer({ viewers: 2, cachedBytes: 900 }), layer({ layer: 1, viewers: 5, jitterMs: 2 })];
  const tracks = [
    { kind: 'video', codec: 'vp8', layers, startUp },
    { kind: 'audio', codec: 'opus', layers: [layer({ viewers: 7 })] },
  ] as const;
  const { text } = await openMetrics(() => snapshotOf([stream('a', 7, { tracks })]))();
  expect(text).toContain('frontrow_layer_viewers{stream="a",kind="video",layer="1"} 5');
  expect(text).toContain('frontrow_layer_viewers{stream="a",kind="audio",layer="0"} 7');
  expect(text).toContain('frontrow_start_up_cache_bytes{stream="a",kind="video",layer="0"} 900');
  expect(text).toContain('frontrow_rtp_jitter_seconds{stream="a",kind="video",layer="1"} 0.002');
  expect(text).toContain('frontrow_start_up_replays_total{stream="a"} 4');
  expect(text).toContain('frontrow_start_up_replayed_packets_total{stream="a"} 36');
  expect(text).toContain('frontrow_start_up_keyframes_instead_total{stream="a"} 2');
});

test('viewers are told by their median and their worst; those without a measurement do not blur it', async () => {
  const interactivePeers = [
    viewer({ estimateBps: 3_000_000, estimateSource: 'transport-cc', rttMs: 20, lossRatio: 0.5 }),
    viewer({ estimateBps: 1_000_000, estimateSource: 'remb', videoPaused: true }),
    viewer({ estimateBps: 2_000_000, estimateSource: 'transport-cc', rttMs: 60 }),
    viewer({}),
  ];
  const { text } = await openMetrics(() => snapshotOf([stream('a', 4, { interactivePeers })]))();
  expect(text).toContain('frontrow_viewers_paused{stream="a"} 1');
  expect(text).toContain('frontrow_viewers_by_estimate{stream="a",source="transport-cc"} 2');
  expect(text).toContain('frontrow_viewers_by_estimate{stream="a",source="none"} 1');
  expect(text).toContain('frontrow_viewer_estimate_bps{stream="a",of="median"} 2000000');
  expect(text).toContain('frontrow_viewer_estimate_bps{stream="a",of="least"} 1000000');
  expect(text).toContain('frontrow_viewer_round_trip_seconds{stream="a",of="most"} 0.06');
  expect(text).toContain('frontrow_viewer_loss_ratio{stream="a",of="median"} 0\n');
  expect(text).toContain('frontrow_viewer_loss_ratio{stream="a",of="most"} 0.5');
});

test('qualities that a ladder does without are counted, where there is a ladder', async () => {
  const bridge: BridgeReport = {
    state: 'running',
    video: 'passthrough',
    audio: 'transcode',
    problem: undefined,
    ...{ epoch: 1, restarts: 0, pid: 1, framesIn: 1, framesDropped: 0, cpuCores: 0.1 },
  };
  const ladder = { name: 'ladder-3', rungs: [], withheld: ['v1', 'v2'], reason: 'no room' };
  const streams = [stream('a', 1, { bridge: { ...bridge, ladder } }), stream('b', 1, { bridge })];
  const { text } = await openMetrics(() => snapshotOf(streams))();
  expect(text).toContain('frontrow_ladder_withheld_rungs{stream="a"} 2');
  expect(text).not.toContain('frontrow_ladder_withheld_rungs{stream="b"}');
});

test('a stream that ended is no longer shown', async () => {
  let streams = [stream('a', 1)];
  const metrics = openMetrics(() => snapshotOf(streams));
  await metrics();
  streams = [];
  expect((await metrics()).text).not.toContain('stream="a"');
});
