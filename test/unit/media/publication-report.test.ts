import { describe, expect, test } from 'vitest';
import { PublicationRig } from './publication-rig.ts';

describe('what a publication reports', () => {
  test('totals of its viewers go on when viewers leave', () => {
    const rig = new PublicationRig();
    const publisher = rig.publisher(['vp8']);
    const [leaves, stays] = [rig.viewer(['vp8']), rig.viewer(['vp8'])];
    publisher.send('vp8', 0, { key: true });
    publisher.send('vp8', 3_000);
    rig.pass(20);
    const sequence = rig.copiesOf(leaves)[0]?.sequence ?? 0;
    rig.nack(leaves, [sequence]);
    rig.pli(stays);
    const before = rig.publication.report().viewers;
    expect(before).toMatchObject({ nacksReceived: 1, retransmitted: 1, keyframeRequestsReceived: 1 });
    expect(before.packetsSent).toBe(5);
    rig.leave(leaves);
    expect(rig.publication.report().viewers).toEqual(before);
    publisher.send('vp8', 6_000);
    expect(rig.publication.report().viewers.packetsSent).toBe(6);
    rig.leave(stays);
    expect(rig.publication.report().viewers.packetsSent).toBe(6);
  });

  test('each video layer has its viewers and what is kept of it; rungs come with their rates', () => {
    const rig = new PublicationRig();
    const publisher = rig.publisher(['vp8', 'opus']);
    rig.viewer(['vp8', 'opus']);
    publisher.send('vp8', 0, { key: true });
    publisher.send('opus', 0);
    for (let frame = 1; frame < 60; frame += 1) {
      rig.pass(33);
      publisher.send('vp8', frame * 3_000);
    }
    rig.publication.everySecond(rig.nowMs);
    const { tracks } = rig.publication.report();
    const video = tracks.find(({ kind }) => kind === 'video');
    expect(video?.layers).toMatchObject([{ viewers: 1 }]);
    expect(video?.layers[0]?.cachedBytes).toBeGreaterThan(0);
    expect(video?.keyframeRequests).toBe('unknown');
    expect(video?.rungs).toMatchObject([{ layer: 0, viewers: 1 }]);
    expect(video?.rungs?.[0]?.bps).toBeGreaterThan(0);
    const audio = tracks.find(({ kind }) => kind === 'audio');
    expect(audio?.layers).toMatchObject([{ viewers: 1, cachedBytes: 0 }]);
    expect(audio?.rungs).toBeUndefined();
    expect(audio?.startUp).toBeUndefined();
  });
});
