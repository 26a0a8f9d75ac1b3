import { expect, it } from 'vitest';
import { viewerFindings } from '#public/dashboard/viewer-health.ts';
import type { RungReport, StreamView, ViewerStatus } from '#public/shared/api-types.ts';
import { layer, peer, stream } from './fixtures.ts';

const rung = (label: string, bps: number): RungReport => {
  return { layer: 0, label, bps, width: 0, height: 0, viewers: 0 };
};

function view(rungs: readonly RungReport[], interactivePeers: readonly ViewerStatus[]): StreamView {
  const sound = layer({ bitrateBps: 100_000 });
  return stream({
    interactivePeers,
    tracks: [
      { kind: 'video', codec: 'vp8', layers: [layer()], rungs },
      { kind: 'audio', codec: 'opus', layers: [sound] },
    ],
  });
}

const rungs = [rung('l', 150_000), rung('m', 600_000), rung('h', 2_000_000)];

it('is silent about viewers that get what they can, and about those of which nothing is known', () => {
  const peers = [
    peer({ rung: 'h', estimateBps: 9_000_000 }),
    peer({ rung: 'l', estimateBps: 0 }),
    peer({ rung: 'l', estimateBps: 5_000_000 }),
    peer({ rung: 'm', estimateBps: 900_000 }),
  ];
  expect(viewerFindings(view(rungs, peers))).toEqual([]);
});

it('says how many have the smallest picture, and what a larger one takes', () => {
  const peers = [peer({ rung: 'l', estimateBps: 300_000 }), peer({ rung: 'l', estimateBps: 200_000 })];
  expect(viewerFindings(view(rungs, peers))).toMatchObject([
    { level: 'warn', what: '2 viewers get the smallest picture: the network carries less than 770 kbit/s.' },
  ]);
});

it('names viewers for whom there is nothing smaller, and what to do', () => {
  const peers = [peer({ rung: 'S0T0', estimateBps: 700_000 })];
  const [finding] = viewerFindings(view([rung('S0T0', 2_000_000)], peers));
  expect(finding?.what).toBe('1 viewer has a network that carries less than the 2.3 Mbit/s of this stream.');
  expect(finding?.remedy).toContain('simulcast');
});

it('notices viewers whose video rests', () => {
  const peers = [peer({ videoPaused: true, estimateBps: 60_000 })];
  expect(viewerFindings(view(rungs, peers))).toMatchObject([
    { level: 'bad', what: '1 viewer gets the sound alone: not even the smallest picture fits.' },
  ]);
});
