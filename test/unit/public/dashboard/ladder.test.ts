import { expect, it } from 'vitest';
import { ladderOf, rungName } from '#public/dashboard/ladder.ts';
import { viewerRows } from '#public/dashboard/viewer-table.ts';
import type { RungReport } from '#public/shared/api-types.ts';
import { layer, peer, stream } from './fixtures.ts';

const rung = (at: 0 | 1, label: string, change: Partial<RungReport> = {}): RungReport => {
  return { layer: at, label, bps: 1_000_000, width: 0, height: 0, viewers: 0, ...change };
};

it('shows the largest layer first, the parts of it that somebody gets, and sound last', () => {
  const layers = [
    layer({ layer: 0, rid: 'l', width: 320, height: 180, bitrateBps: 200_000, viewers: 1, frameRate: 15.2 }),
    layer({ layer: 1, rid: 'h', width: 1280, height: 720, bitrateBps: 2_000_000, viewers: 7 }),
  ];
  const rungs = [
    rung(0, 'l S0T0', { viewers: 1 }),
    rung(1, 'h S0T0', { bps: 800_000, viewers: 0 }),
    rung(1, 'h S0T1', { bps: 1_400_000, viewers: 3, width: 1280, height: 720 }),
    rung(1, 'h S0T2', { bps: 2_000_000, viewers: 4 }),
  ];
  const view = stream({
    tracks: [
      { kind: 'audio', codec: 'opus', layers: [layer({ bitrateBps: 100_000, viewers: 8 })] },
      { kind: 'video', codec: 'vp8', layers, rungs },
    ],
  });
  expect(ladderOf(view)).toEqual([
    {
      name: 'VP8 h',
      picture: '1280 × 720 · 30 fps',
      bps: 2_000_000,
      share: 1,
      viewers: 4,
      isPart: false,
      note: '',
    },
    { name: 'h S0T1', picture: '1280 × 720', bps: 1_400_000, share: 0.7, viewers: 3, isPart: true, note: '' },
    {
      name: 'VP8 l',
      picture: '320 × 180 · 15 fps',
      bps: 200_000,
      share: 0.1,
      viewers: 1,
      isPart: false,
      note: '',
    },
    { name: 'Opus', picture: 'sound', bps: 100_000, share: 0.05, viewers: 8, isPart: false, note: '' },
  ]);
});

it('shows a stream that has only just begun', () => {
  const view = stream({}, { width: 0, height: 0, bitrateBps: 0, frameRate: 0 });
  expect(ladderOf(view)).toMatchObject([{ name: 'H.264', picture: '0 fps', share: 0 }]);
  expect(ladderOf(stream({ tracks: [] }))).toEqual([]);
});

it('calls rungs as briefly as possible', () => {
  const simulcast = [rung(0, 'l S0T0'), rung(1, 'h S0T0')];
  expect(simulcast.map((one) => rungName(one, simulcast))).toEqual(['l', 'h']);
  const nameless = [rung(0, 'S0T0'), rung(1, 'S0T0')];
  expect(nameless.map((one) => rungName(one, nameless))).toEqual(['layer 0', 'layer 1']);
  const parts = [rung(0, 'S0T0'), rung(0, 'S1T0')];
  expect(parts.map((one) => rungName(one, parts))).toEqual(['S0T0', 'S1T0']);
  const alone = [rung(0, 'S0T0')];
  expect(alone.map((one) => rungName(one, alone))).toEqual(['']);
});

it('tells what each viewer gets', () => {
  const rungs = [rung(0, 'l', { width: 320, height: 180 }), rung(1, 'h')];
  const interactivePeers = [
    peer({ rung: 'l', estimateBps: 500_000, lossRatio: 0.2 }),
    peer({ videoPaused: true }),
    peer({ rung: 'gone' }),
  ];
  const view = stream({ interactivePeers, tracks: [{ kind: 'video', codec: 'vp8', layers: [], rungs }] });
  const rows = viewerRows(view, Date.parse('2026-01-01T00:00:10Z'));
  expect(rows.map((row) => row[5])).toEqual(['l · 320 × 180', { text: 'sound only', hot: true }, '–']);
  expect(rows[0]?.slice(2, 8)).toEqual([
    '10 s',
    '–',
    'auto',
    'l · 320 × 180',
    '500 kbit/s',
    { text: '20 %', hot: true },
  ]);
});
