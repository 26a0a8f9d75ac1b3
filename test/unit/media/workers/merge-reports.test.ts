import { expect, test } from 'vitest';
import { nextPeerId, nextPublicationId } from '#src/core/ids.ts';
import type {
  LayerReport,
  PlaneReport,
  PublicationReport,
  RungReport,
  TrackReport,
} from '#src/core/plane-report.ts';
import { noTotals } from '#src/media/viewer-totals.ts';
import { ReportMerger } from '#src/media/workers/merge-reports.ts';
import { layerReport } from '#test/kit/status-makers.ts';

const publication = nextPublicationId();
const publisher = nextPeerId();
const layer = (index: LayerReport['layer'], viewers: number): LayerReport =>
  layerReport({ layer: index, viewers, cachedBytes: 100, packets: 1, bytes: 1, bitrateBps: 1, frameRate: 1 });
const video = (viewers: readonly [number, number], replays: number): TrackReport => ({
  kind: 'video',
  codec: 'vp8',
  layers: [layer(0, viewers[0]), layer(1, viewers[1])],
  startUp: {
    packets: 9,
    bytes: 900,
    spanMs: 300,
    replays,
    replayedPackets: 9 * replays,
    requestedInstead: 1,
  },
  rungs: viewers.map((count, index) => {
    return { layer: index as 0 | 1, label: `${index} S0T0`, bps: 5, width: 0, height: 0, viewers: count };
  }),
});
const of = (packetsSent: number, tracks: readonly TrackReport[]): PublicationReport => {
  return { publication, publisher, tracks, viewers: { ...noTotals(), packetsSent, probePackets: 1 } };
};
const report = (publications: readonly PublicationReport[]): PlaneReport => ({
  atMs: 0,
  loopDelayMs: 0,
  publications,
  peers: [],
  counters: { datagramsIn: 0, datagramsOut: 0, bytesIn: 0, bytesOut: 0, sendErrors: 0, dropped: {} },
  workers: [],
});

test('viewers of images in other workers are added to what the home worker says', () => {
  const merger = new ReportMerger(() => 0);
  const merged = merger.merge([report([of(10, [video([1, 2], 3)])]), report([of(5, [video([0, 4], 1)])])]);
  expect(merged.publications).toHaveLength(1);
  expect(merged.publications[0]).toMatchObject({
    viewers: { packetsSent: 15, probePackets: 2 },
    tracks: [
      {
        layers: [
          { viewers: 1, cachedBytes: 100, packets: 1 },
          { viewers: 6, cachedBytes: 100 },
        ],
        startUp: { packets: 9, bytes: 900, replays: 4, replayedPackets: 36, requestedInstead: 2 },
        rungs: [{ viewers: 1 }, { viewers: 6 }],
      },
    ],
  });
});

test('a rung that only a viewer in another worker asked for is told too, in its place', () => {
  const rung = (label: string, bps: number, viewers: number): RungReport => {
    return { layer: 0, label, bps, width: 0, height: 0, viewers };
  };
  const track = (rungs: readonly RungReport[]): TrackReport => ({ ...video([0, 0], 0), rungs });
  const home = track([rung('S0T2', 10, 1), rung('S1T2', 30, 0)]);
  const away = track([rung('S0T2', 11, 2), rung('S1T0', 20, 1), rung('S1T1', 25, 0)]);
  const [merged] = new ReportMerger(() => 0).merge([
    report([of(1, [home])]),
    report([of(1, [away])]),
  ]).publications;
  expect(merged?.tracks[0]?.rungs).toEqual([rung('S0T2', 10, 3), rung('S1T0', 20, 1), rung('S1T2', 30, 0)]);
});

test('no total goes down: not when an image ends, not when it begins anew, not while nobody publishes', () => {
  const merger = new ReportMerger(() => 0);
  const home = report([of(10, [video([1, 0], 3)])]);
  const totals = (image: readonly PublicationReport[]): readonly (number | undefined)[] => {
    const [merged] = merger.merge([home, report(image)]).publications;
    return [merged?.viewers.packetsSent, merged?.tracks[0]?.startUp?.replays];
  };
  expect(totals([of(5, [video([1, 0], 2)])])).toEqual([15, 5]);
  expect(totals([])).toEqual([15, 5]);
  expect(totals([])).toEqual([15, 5]);
  expect(totals([of(1, [video([1, 0], 1)])])).toEqual([16, 6]);
  expect(totals([of(4, [])])).toEqual([19, 6]);
  expect(totals([of(4, [video([1, 0], 1)])])).toEqual([19, 6]);
  // Closed and opened again between two reports.
  expect(totals([of(2, [video([1, 0], 1)])])).toEqual([21, 7]);
});

test('a publication that ended is forgotten', () => {
  const merger = new ReportMerger(() => 0);
  merger.merge([report([of(1, [])]), report([of(5, [])])]);
  merger.merge([report([]), report([])]);
  expect(merger.merge([report([of(1, [])]), report([])]).publications[0]?.viewers.packetsSent).toBe(1);
});
