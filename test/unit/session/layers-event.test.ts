import { expect, test } from 'vitest';
import type { Track } from '#src/core/media.ts';
import type { LayerReport, TrackReport } from '#src/core/plane-report.ts';
import { flatLayers, shapeOf, toldLayers } from '#src/session/layers-event.ts';

const video = (rids: readonly string[]): readonly Track[] => [
  { kind: 'video', codec: 'vp8', clockRateHz: 90_000, fmtp: '', rids },
];
const opus: Track = { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: '', rids: [''] };
const layer = (index: number, rid: string, bitrateBps: number): LayerReport => {
  const size = { width: 320 * (index + 1), height: 180 * (index + 1) };
  const part = { spatialLayer: 0, ...size };
  const parts = [
    { ...part, temporalLayer: 0, bitrateBps: bitrateBps / 2 },
    { ...part, temporalLayer: 1, bitrateBps },
  ];
  return { layer: index, rid, bitrateBps, ...size, parts } as unknown as LayerReport;
};
const report = (layers: readonly LayerReport[]): readonly TrackReport[] => [
  { kind: 'video', codec: 'vp8', layers },
];
const name = (rid: string, simulcastIdx: number): object => ({ id: rid, rid, encodingId: rid, simulcastIdx });

test('simulcast is told largest first, with what is inside, and what is not sent now', () => {
  const told = toldLayers(
    video(['q', 'h', 'f']),
    report([layer(0, 'q', 100), layer(1, 'h', 400), layer(2, 'f', 0)]),
  );
  expect(told?.active).toEqual([
    {
      ...name('h', 1),
      bitrate: 400,
      width: 640,
      height: 360,
      layers: [
        { spatialLayerId: 0, temporalLayerId: 1, bitrate: 400, width: 640, height: 360 },
        { spatialLayerId: 0, temporalLayerId: 0, bitrate: 200, width: 640, height: 360 },
      ],
    },
    expect.objectContaining({ ...name('q', 0), bitrate: 100 }),
  ]);
  expect(told?.inactive).toEqual([name('f', 2)]);
  expect(told?.layers.map(({ rid, temporalLayerId }) => [rid, temporalLayerId])).toEqual([
    ['h', 1],
    ['h', 0],
    ['q', 1],
    ['q', 0],
  ]);
});

test('in a flat list what is not sent has no bitrate', () => {
  const told = toldLayers(video(['q', 'f']), report([layer(0, 'q', 100)]));
  const flat = told && flatLayers(told);
  expect(flat?.map((entry) => 'bitrate' in entry)).toEqual([true, true, false]);
  expect(flat?.at(-1)).toEqual(name('f', 1));
});

test('without simulcast there is no name, without a report nothing is sent, without video nothing is told', () => {
  expect(toldLayers(video(['']), report([layer(0, '', 100)]))?.active[0]).not.toHaveProperty('rid');
  expect(toldLayers(video(['']), [])).toEqual({ active: [], inactive: [{ simulcastIdx: 0 }], layers: [] });
  expect(toldLayers([opus], [])).toBeUndefined();
});

test('rates are no change, sizes and layers are', () => {
  const shape = (layers: readonly LayerReport[]): string | undefined => {
    const told = toldLayers(video(['q', 'h']), report(layers));
    return told && shapeOf(told);
  };
  const before = shape([layer(0, 'q', 100), layer(1, 'h', 400)]);
  expect(shape([layer(0, 'q', 120), layer(1, 'h', 300)])).toBe(before);
  expect(shape([layer(0, 'q', 100), { ...layer(1, 'h', 400), width: 1_280 }])).not.toBe(before);
  expect(shape([layer(0, 'q', 100), layer(1, 'h', 0)])).not.toBe(before);
});
