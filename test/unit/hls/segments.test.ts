import { describe, expect, test } from 'vitest';
import { hlsConfig } from '#src/hls/config.ts';
import type { Cut } from '#src/hls/parts.ts';
import { Boundary, FollowerBoundaries, leaderCuts } from '#src/hls/segments.ts';
import type { TimedSample } from '#src/hls/samples.ts';
import { timingOf } from '#src/hls/timing.ts';

const timing = timingOf(216.67, hlsConfig.parse({}));
const sample = (startMs: number, independent: boolean, durationMs = 33): TimedSample => ({
  decodeTicks: 0,
  durationTicks: 0,
  offsetTicks: 0,
  flags: 0,
  data: new Uint8Array(0),
  startMs,
  durationMs,
  independent,
});
const open = { startMs: 10_000, independent: true };
const inPart = { partStart: false, timing };
const atPart = { partStart: true, timing };

describe('the leader cuts', () => {
  test('at a keyframe after nine tenths of the target, not before', () => {
    expect(leaderCuts(sample(11_700, true), open, inPart)).toBe(false);
    expect(leaderCuts(sample(11_800, true), open, inPart)).toBe(true);
    expect(leaderCuts(sample(13_000, false), open, inPart)).toBe(false);
  });

  test('at any keyframe when its segment began without one', () => {
    expect(leaderCuts(sample(10_300, true), { ...open, independent: false }, inPart)).toBe(true);
  });

  test('not at the keyframe that the segment began with', () => {
    expect(leaderCuts(sample(10_000, true), open, inPart)).toBe(false);
  });

  test('where a part begins, before the segment is longer than its playlist allows', () => {
    expect(leaderCuts(sample(18_250, false), open, atPart)).toBe(false);
    expect(leaderCuts(sample(18_300, false), open, atPart)).toBe(true);
    expect(leaderCuts(sample(18_300, false), open, inPart)).toBe(false);
  });

  test('in front of a frame that would reach beyond the limit', () => {
    expect(leaderCuts(sample(12_000, false, 7_000), open, inPart)).toBe(true);
  });
});

describe('a follower cuts', () => {
  const part = (startMs: number, endMs = startMs + 213): Cut => ({
    samples: [],
    startMs,
    endMs,
    independent: true,
  });

  test('where the others of its codec do, though their parts be some milliseconds apart', () => {
    for (const apartMs of [-20, -6, 6, 20]) {
      for (const boundaryMs of [12_000, 12_100, 12_106, 12_110, 12_200, 12_213]) {
        const followers = [0, apartMs].map((shiftMs) => ({ shiftMs, own: new FollowerBoundaries() }));
        const boundary = new Boundary(boundaryMs);
        for (const { own } of followers) own.leaderCutAt(boundary);
        const cuts = [0, 1, 2, 3].map((index) =>
          followers.map(({ own, shiftMs }) => own.cuts(part(11_800 + index * 213 + shiftMs), open, timing)),
        );
        for (const [one, other] of cuts)
          expect([apartMs, boundaryMs, other]).toEqual([apartMs, boundaryMs, one]);
        expect(cuts.filter(([one]) => one)).toHaveLength(1);
      }
    }
  });

  test('at the part boundary nearest to that of the leader', () => {
    const later = new FollowerBoundaries();
    later.leaderCutAt(new Boundary(12_000));
    expect(later.cuts(part(11_800), open, timing)).toBe(false);
    expect(later.cuts(part(12_013), open, timing)).toBe(true);
    const earlier = new FollowerBoundaries();
    earlier.leaderCutAt(new Boundary(12_000));
    expect(earlier.cuts(part(11_950), open, timing)).toBe(true);
  });

  test('once for boundaries that it passed together, and never at its own start', () => {
    const follower = new FollowerBoundaries();
    follower.leaderCutAt(new Boundary(10_020));
    expect(follower.cuts(part(10_000), open, timing)).toBe(false);
    follower.leaderCutAt(new Boundary(12_000));
    follower.leaderCutAt(new Boundary(14_000));
    expect(follower.cuts(part(15_000), open, timing)).toBe(true);
    expect(follower.cuts(part(15_213), { ...open, startMs: 15_000 }, timing)).toBe(false);
  });

  test('by itself when the leader is silent for too long', () => {
    const follower = new FollowerBoundaries();
    expect(follower.cuts(part(18_200), open, timing)).toBe(false);
    expect(follower.cuts(part(18_400), open, timing)).toBe(true);
  });

  test('boundaries of an earlier run are forgotten; a follower that stands still piles up only so many', () => {
    const follower = new FollowerBoundaries();
    for (let index = 0; index < 1_000; index += 1) follower.leaderCutAt(new Boundary(index));
    follower.clear();
    expect(follower.cuts(part(11_000), open, timing)).toBe(false);
  });
});
