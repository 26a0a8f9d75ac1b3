import { describe, expect, it } from 'vitest';
import { ntpToMs } from '#src/rtp/ntp.ts';
import { timestampDistance } from '#src/rtp/sequence.ts';
import { clockRateHz, type Copy, PublicationRig, ssrcOf } from './publication-rig.ts';

const of = (copies: readonly Copy[], kind: 'audio' | 'video'): Copy[] =>
  copies.filter(({ ssrc }) => ssrc === ssrcOf[kind]);
const steps = (copies: readonly Copy[]): number[] =>
  copies.slice(1).map(({ sequence }, i) => (sequence - (copies[i]?.sequence ?? 0)) & 0xffff);

describe('a publisher that takes over', () => {
  it('with fewer tracks: what is left goes on without a hole, and nobody asks for the rest', () => {
    const rig = new PublicationRig();
    const first = rig.publisher(['vp8', 'opus']);
    const viewer = rig.viewer(['vp8', 'opus']);
    first.send('vp8', 1_000, { key: true });
    first.send('opus', 1_000);
    rig.pass(100);
    const second = rig.publisher(['opus']);
    for (let i = 0; i < 5; i++) {
      rig.pass(20);
      second.send('opus', 777_000 + 960 * i);
    }
    rig.pass(2_000);
    const copies = rig.copiesOf(viewer);
    expect(of(copies, 'video')).toHaveLength(1);
    expect(steps(of(copies, 'audio'))).toEqual([1, 1, 1, 1, 1]);
    expect(rig.keyframeRequests(second.peer)).toBe(0);
    expect(rig.publication.report().tracks.map(({ kind }) => kind)).toEqual(['audio']);
  });

  it('with another codec: viewers go on under their own name for it, from its keyframe; the others are left alone', () => {
    const rig = new PublicationRig();
    const first = rig.publisher(['vp8']);
    const [both, old] = [rig.viewer(['vp8', 'h264']), rig.viewer(['vp8'])];
    first.send('vp8', 90_000, { key: true });
    rig.pass(500);
    const second = rig.publisher(['h264']);
    second.send('h264', 5, { key: false });
    second.send('h264', 3_005, { key: true });
    second.send('h264', 6_005);
    const copies = rig.copiesOf(both);
    expect(copies.map(({ payloadType }) => payloadType)).toEqual([100, 101, 101]);
    expect(steps(copies)).toEqual([1, 1]);
    expect(copies.map(({ timestamp }) => timestampDistance(90_000, timestamp))).toEqual([0, 45_000, 48_000]);
    expect(rig.copiesOf(old)).toHaveLength(1);
    rig.keyframeRequests(second.peer);
    rig.pass(5_000);
    expect(rig.keyframeRequests(second.peer)).toBe(0);
  });

  it('with another clock: audio and video that were captured together are still told to be played together', () => {
    const rig = new PublicationRig();
    const first = rig.publisher(['vp8', 'opus']);
    const viewer = rig.viewer(['vp8', 'opus']);
    first.send('vp8', 1_000, { key: true });
    first.send('opus', 50_000);
    first.report('vp8', 1_000, rig.nowMs + 7_000);
    first.report('opus', 50_000, rig.nowMs + 7_000);
    rig.pass(1_500);

    const second = rig.publisher(['vp8', 'opus']);
    // Its video was captured 80 ms before its audio, by a clock two hours behind.
    const captureMs = rig.nowMs - 7_200_000;
    second.send('vp8', 4_000_000_000, { key: true });
    second.send('opus', 12);
    second.report('vp8', 4_000_000_000, captureMs);
    second.report('opus', 12, captureMs + 80);
    rig.rtcpOf(viewer, {});
    rig.pass(1_500);
    const copies = rig.copiesOf(viewer);
    const played = (kind: 'audio' | 'video'): number => {
      const newest = of(copies, kind).at(-1)?.timestamp ?? 0;
      return told.get(ssrcOf[kind])?.(newest, clockRateHz[kind]) ?? Number.NaN;
    };
    const told = new Map<number, (timestamp: number, rateHz: number) => number>();
    rig.rtcpOf(viewer, {
      senderReport: ({ ssrc, ntpHigh, ntpLow, rtpTimestamp }) =>
        told.set(
          ssrc,
          (timestamp, rateHz) =>
            ntpToMs(ntpHigh, ntpLow) + (1_000 * timestampDistance(rtpTimestamp, timestamp)) / rateHz,
        ),
    });
    expect(played('audio') - played('video')).toBeCloseTo(80, 0);
    expect(played('video')).toBeCloseTo(captureMs, 0);
  });
});

describe('keyframe requests', () => {
  it('are never caused by viewers that only listen', () => {
    const rig = new PublicationRig();
    const publisher = rig.publisher(['vp8', 'opus']);
    const listener = rig.viewer(['opus']);
    for (let i = 0; i < 50; i++) {
      publisher.send('vp8', 3_000 * i, { key: i === 0 });
      publisher.send('opus', 960 * i);
      rig.pass(20);
    }
    expect(rig.keyframeRequests(publisher.peer)).toBe(0);
    expect(rig.copiesOf(listener)).toHaveLength(50);
  });

  it('are two a second at most, however layers come and go while viewers keep joining', () => {
    const rig = new PublicationRig({ startUpCacheBytes: 0 });
    const publisher = rig.publisher(['vp8'], ['a', 'b']);
    let requests = 0;
    let frame = 0;
    for (let second = 0; second < 10; second++) {
      const [large, small] = second % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
      rig.pass(1_000, () => {
        frame += 1;
        publisher.send('vp8', 900 * frame, { rid: large, bytes: 1_000, key: frame % 37 === 0 });
        publisher.send('vp8', 900 * frame, { rid: small, bytes: 20, key: frame % 37 === 0 });
        if (frame % 10 === 0) rig.viewer(['vp8']);
      });
      const now = rig.keyframeRequests(publisher.peer);
      expect(now).toBeLessThanOrEqual(2);
      requests += now;
    }
    expect(requests).toBeGreaterThan(5);
  });

  it('are not repeated for a layer that nobody gets any more', () => {
    const rig = new PublicationRig();
    const publisher = rig.publisher(['vp8'], ['a', 'b']);
    rig.viewer(['vp8']);
    // Layer a is never given a keyframe; then b is the larger one, and is not given one either.
    const named = new Map<number, number>();
    const count = { pli: (ssrc: number) => named.set(ssrc, (named.get(ssrc) ?? 0) + 1) };
    let frame = 0;
    const run = (large: string, spanMs: number): void =>
      rig.pass(spanMs, () => {
        frame += 1;
        for (const rid of ['a', 'b'])
          publisher.send('vp8', 900 * frame, { rid, bytes: rid === large ? 1_000 : 20 });
      });
    run('a', 3_000);
    rig.rtcpOf(publisher.peer, count);
    const [asked] = [...named.keys()];
    expect(named.size).toBe(1);
    run('b', 5_000);
    rig.rtcpOf(publisher.peer, {});
    named.clear();
    run('b', 10_000);
    rig.rtcpOf(publisher.peer, count);
    expect(named.size).toBe(1);
    expect([...named.keys()]).not.toEqual([asked]);
  });
});
