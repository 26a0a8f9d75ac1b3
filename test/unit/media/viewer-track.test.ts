import { describe, expect, it } from 'vitest';
import type { EnginePeer } from '#src/core/engine.ts';
import type { OutgoingTrack } from '#src/core/plane.ts';
import { PlanePeer } from '#src/media/peer.ts';
import { ViewerTrack } from '#src/media/viewer-track.ts';
import type { PeerId } from '#src/core/ids.ts';
import { ViewerBandwidth } from '#src/sfu/bandwidth/viewer-bandwidth.ts';
import type { Source } from '#src/sfu/source.ts';

const outgoing: OutgoingTrack = {
  kind: 'video',
  mid: '0',
  ssrc: 1,
  cname: 'c',
  payloads: [],
  extensions: {},
  feedback: ['remb'],
};

describe('a probe to a viewer whose packets carry no transport-wide numbers', () => {
  it('is as large as planned: what went out is noted all the same', () => {
    const bandwidth = new ViewerBandwidth<Source>('remb');
    const tally = new PlanePeer(1 as PeerId, 0).tally;
    const track = new ViewerTrack(outgoing, 1 as EnginePeer, { tally, bandwidth });
    const rungs = [150_000, 2_000_000].map((bps) => ({ bps, activeMs: 60_000, key: { bps } as never }));
    let bytes = 0;
    for (let nowMs = 0; nowMs < 3_000; nowMs += 10) {
      if (nowMs % 1_000 === 0) bandwidth.remb(400_000, nowMs);
      bandwidth.tick(nowMs, rungs, 40_000);
      for (let due = bandwidth.probeBytes(nowMs); due > 0; due -= 1_000) {
        track.sentBeside(1_000, nowMs);
        bytes += 1_000;
      }
    }
    expect(bytes).toBeGreaterThan(10_000);
    // 200 ms of what the next rung takes, at most twice in that time.
    expect(bytes).toBeLessThan(2 * 75_000);
  });
});
