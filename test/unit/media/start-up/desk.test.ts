import { describe, expect, it } from 'vitest';
import { timestampDistance } from '#src/rtp/sequence.ts';
import { type Copy, PublicationRig } from '../publication-rig.ts';
import {
  brokenLaws,
  filmed,
  Filming,
  frameMs,
  keyAtFirst,
  marksOf,
  sequenceSteps,
  startUpOf,
  videoOf,
} from './filming.ts';

describe('a viewer that joins long after the keyframe', () => {
  it('gets everything since, without a gap or repetition, and goes on live', () => {
    const { rig, filming } = filmed(5_000);
    const viewer = rig.viewer(['vp8', 'opus']);
    filming.film(2_000);
    const copies = videoOf(rig, viewer);
    expect(marksOf(copies)).toEqual(filming.sent);
    expect(brokenLaws(copies)).toEqual([]);
    expect(startUpOf(rig)).toMatchObject({ replays: 1, requestedInstead: 0 });
  });

  it('has caught up within a fraction of a second and a bounded number of packets a tick', () => {
    const { rig, filming } = filmed(8_000, { startUpBps: 20_000_000 });
    const joinedMs = rig.nowMs;
    const viewer = rig.viewer(['vp8']);
    const before = filming.sent.length;
    filming.film(1_000);
    const copies = videoOf(rig, viewer);
    const caughtUpMs = (copies[before - 1]?.sentMs ?? Number.NaN) - joinedMs;
    expect(caughtUpMs).toBeGreaterThan(10);
    expect(caughtUpMs).toBeLessThan(300);
    const perTick = new Map<number, number>();
    for (const { sentMs } of copies) perTick.set(sentMs, (perTick.get(sentMs) ?? 0) + 1);
    expect(Math.max(...perTick.values())).toBeLessThanOrEqual(160);
  });

  it('is told timestamps that fit when it gets the frames: never ahead of the live ones, never far behind', () => {
    const { rig, filming } = filmed(6_000);
    const viewer = rig.viewer(['vp8']);
    const live = new Map<number, number>();
    rig.pass(1_500, () => {
      filming.due();
      live.set(rig.nowMs, filming.liveTimestamp);
    });
    for (const { timestamp, sentMs } of videoOf(rig, viewer)) {
      const aheadMs = timestampDistance(live.get(sentMs) ?? 0, timestamp) / 90;
      expect(aheadMs).toBeLessThanOrEqual(0.1);
      expect(aheadMs).toBeGreaterThan(-frameMs - 10);
    }
  });

  it('asks nobody for a keyframe meanwhile', () => {
    const { rig, publisher } = filmed(5_000);
    rig.keyframeRequests(publisher.peer);
    const viewer = rig.viewer(['vp8']);
    rig.pass(10);
    rig.pli(viewer);
    rig.pass(200);
    expect(rig.keyframeRequests(publisher.peer)).toBe(0);
  });

  it('hears audio at once', () => {
    const { rig, publisher } = filmed(5_000);
    const viewer = rig.viewer(['vp8', 'opus']);
    publisher.send('opus', 960);
    expect(rig.copiesOf(viewer)).toHaveLength(1);
  });

  it('gets again what it missed of the past, byte for byte under the same names', () => {
    const { rig, filming } = filmed(5_000);
    const viewer = rig.viewer(['vp8']);
    filming.film(500);
    const copies = videoOf(rig, viewer);
    const missed = [3, 100, copies.length - 2].flatMap((index) => copies.slice(index, index + 1));
    rig.nack(
      viewer,
      missed.map(({ sequence }) => sequence),
    );
    const names = ({ sequence, timestamp, ssrc, payloadType, mark, marker }: Copy) => {
      return { sequence, timestamp, ssrc, payloadType, mark, marker };
    };
    expect(rig.resent.map(names)).toEqual(missed.map(names));
  });

  it('waits for the next keyframe where nothing is kept', () => {
    const { rig, publisher, filming } = filmed(3_000, { startUpCacheBytes: 0 });
    rig.keyframeRequests(publisher.peer);
    const viewer = rig.viewer(['vp8']);
    filming.film(400);
    expect(videoOf(rig, viewer)).toEqual([]);
    expect(rig.keyframeRequests(publisher.peer)).toBe(1);
    filming.film(frameMs, () => true);
    expect(videoOf(rig, viewer)[0]?.mark).toBe(filming.keyframeMarks.at(-1));
  });

  it.each([{ startUpCacheMs: 2_000 }, { startUpCacheBytes: 30_000 }])(
    'waits for the next keyframe when this one is out of bounds: %o',
    (config) => {
      const { rig, filming } = filmed(3_000, config);
      expect(startUpOf(rig)).toMatchObject({ packets: 0, bytes: 0, spanMs: 0 });
      const viewer = rig.viewer(['vp8']);
      filming.film(400);
      expect(videoOf(rig, viewer)).toEqual([]);
      filming.film(frameMs, () => true);
      filming.film(400);
      expect(videoOf(rig, viewer)[0]?.mark).toBe(filming.keyframeMarks.at(-1));
      expect(startUpOf(rig)?.packets).toBeGreaterThan(0);
    },
  );
});

describe('while a viewer catches up', () => {
  it('a late packet of the past takes its place', () => {
    const { rig, filming } = filmed(2_000);
    rig.pass(frameMs);
    const late = filming.frame(false, (index) => index === 1);
    const viewer = rig.viewer(['vp8']);
    filming.film(100);
    for (const deliver of late) deliver();
    filming.film(500);
    const copies = videoOf(rig, viewer);
    expect(marksOf(copies)).toEqual(filming.sent);
    expect(brokenLaws(copies)).toEqual([]);
  });

  it('a lost packet leaves its number free, and delays by a moment only', () => {
    const { rig, filming } = filmed(2_000);
    rig.pass(frameMs);
    const lost = filming.sent.length + 1;
    filming.frame(false, (index) => index === 1);
    const viewer = rig.viewer(['vp8']);
    filming.film(600);
    const copies = videoOf(rig, viewer);
    expect(marksOf(copies)).toEqual(filming.sent.toSpliced(lost, 1));
    expect(sequenceSteps(copies).filter((step) => step !== 1)).toEqual([2]);
  });

  it('a new keyframe ends the past', () => {
    const { rig, filming } = filmed(8_000, { startUpBps: 1_000_000 });
    const viewer = rig.viewer(['vp8']);
    filming.film(400);
    const replayed = videoOf(rig, viewer).length;
    filming.film(frameMs, () => true);
    filming.film(1_000);
    const copies = videoOf(rig, viewer);
    expect(brokenLaws(copies)).toEqual([]);
    const key = filming.sent.indexOf(filming.keyframeMarks.at(-1) ?? 0);
    expect(marksOf(copies).slice(-(filming.sent.length - key))).toEqual(filming.sent.slice(key));
    expect(copies.length - replayed).toBeLessThan(filming.sent.length - replayed);
  });

  it('another publisher takes over: the viewer goes on with its keyframe', () => {
    const { rig, filming } = filmed(8_000, { startUpBps: 1_000_000 });
    const viewer = rig.viewer(['vp8']);
    filming.film(300);
    const next = new Filming(rig, rig.publisher(['vp8']), { origin: 77 });
    next.film(500, keyAtFirst);
    const copies = videoOf(rig, viewer);
    expect(marksOf(copies).slice(-next.sent.length)).toEqual(next.sent);
    expect(sequenceSteps(copies).every((step) => step === 1)).toBe(true);
    expect(timestampDistance(copies[0]?.timestamp ?? 0, copies.at(-1)?.timestamp ?? 0)).toBeGreaterThan(0);
  });

  it('it is fed more slowly when it reports losses, and still gets everything', () => {
    const spanMs = (lossy: boolean): number => {
      const { rig, filming } = filmed(8_000, { startUpBps: 10_000_000 });
      const viewer = rig.viewer(['vp8']);
      const joinedMs = rig.nowMs;
      const before = filming.sent.length;
      filming.film(30);
      const [lost] = videoOf(rig, viewer);
      if (lossy) rig.nack(viewer, [lost?.sequence ?? 0]);
      filming.film(6_000);
      const copies = videoOf(rig, viewer);
      expect(marksOf(copies)).toEqual(filming.sent);
      expect(brokenLaws(copies)).toEqual([]);
      expect(rig.resent).toHaveLength(lossy ? 1 : 0);
      return (copies[before - 1]?.sentMs ?? Number.NaN) - joinedMs;
    };
    const plain = spanMs(false);
    expect(spanMs(true)).toBeGreaterThan(1.5 * plain);
  });

  it('it may leave', () => {
    const { rig, filming } = filmed(8_000, { startUpBps: 1_000_000 });
    const viewer = rig.viewer(['vp8']);
    filming.film(100);
    rig.leave(viewer);
    const copies = videoOf(rig, viewer).length;
    expect(copies).toBeGreaterThan(0);
    filming.film(500);
    expect(videoOf(rig, viewer)).toHaveLength(copies);
  });
});

describe('many viewers that join at once', () => {
  it('share a bounded number of packets a tick, and all get everything', () => {
    const { rig, filming } = filmed(4_000);
    const watching = rig.viewer(['vp8']);
    filming.film(1_000);
    const viewers = Array.from({ length: 12 }, () => rig.viewer(['vp8']));
    const joinedMs = rig.nowMs;
    filming.film(3_000);
    const perTick = new Map<number, number>();
    for (const viewer of viewers) {
      const copies = videoOf(rig, viewer);
      expect(marksOf(copies)).toEqual(filming.sent);
      expect(brokenLaws(copies)).toEqual([]);
      for (const { sentMs } of copies) perTick.set(sentMs, (perTick.get(sentMs) ?? 0) + 1);
    }
    expect(Math.max(...perTick.values())).toBeLessThanOrEqual(128 + 12 * 6);
    // Who watched before notices nothing: its packets leave when they come.
    const live = videoOf(rig, watching).filter(({ sentMs }) => sentMs > joinedMs);
    expect(new Set(live.map(({ sentMs }) => (sentMs - joinedMs) % frameMs)).size).toBe(1);
  });
});

describe('layers', () => {
  /** Two layers; the first packet decides, a second later the larger one is chosen. */
  function twoLayers(hears: boolean) {
    const rig = new PublicationRig();
    const publisher = rig.publisher(['vp8'], ['a', 'b']);
    const small = new Filming(rig, publisher, { rid: 'a', bytes: 40, origin: 1 });
    const large = new Filming(rig, publisher, { rid: 'b', bytes: 400, origin: 0x1000_0000 });
    let asked = 0;
    let owed = false;
    const run = (spanMs: number): void =>
      rig.pass(spanMs, () => {
        const requests = rig.keyframeRequests(publisher.peer);
        asked += requests;
        owed ||= hears && requests > 0;
        const made = large.frames;
        small.due((frame) => frame === 0);
        large.due((frame) => frame === 0 || owed);
        if (large.frames !== made) owed = false;
      });
    return { rig, small, large, run, asked: () => asked };
  }

  it('of a publisher that answers are switched at a keyframe that is asked for', () => {
    const { rig, large, run, asked } = twoLayers(true);
    const viewer = rig.viewer(['vp8']);
    run(3_000);
    const copies = videoOf(rig, viewer);
    expect(brokenLaws(copies)).toEqual([]);
    const first = copies.findIndex(({ mark }) => mark >= 0x1000_0000);
    expect(large.keyframeMarks.slice(1)).toContain(copies[first]?.mark);
    expect(asked()).toBe(1);
    expect(startUpOf(rig)).toMatchObject({ replays: 0, requestedInstead: 1 });
  });

  it('of a deaf one are switched with what is kept, after a moment of waiting', () => {
    const { rig, large, run } = twoLayers(false);
    const viewer = rig.viewer(['vp8']);
    run(5_000);
    const copies = videoOf(rig, viewer);
    expect(brokenLaws(copies)).toEqual([]);
    const first = copies.findIndex(({ mark }) => mark >= 0x1000_0000);
    expect(copies[first]?.mark).toBe(large.keyframeMarks[0]);
    expect(marksOf(copies.slice(first))).toEqual(large.sent);
    expect(startUpOf(rig)).toMatchObject({ replays: 1, requestedInstead: 1 });
  });
});

describe('a publisher that answers keyframe requests', () => {
  it('is asked when much was said since the last keyframe, and the viewer gets only what follows it', () => {
    const rig = new PublicationRig();
    const publisher = rig.publisher(['vp8']);
    const filming = new Filming(rig, publisher);
    let key = true;
    const film = (spanMs: number): void =>
      rig.pass(spanMs, () => {
        key ||= rig.keyframeRequests(publisher.peer) > 0;
        const before = filming.frames;
        filming.due(() => key);
        if (filming.frames !== before) key = false;
      });
    film(1_000);
    for (let answers = 0; answers < 2; answers += 1) {
      rig.publication.requestKeyframe();
      film(1_000);
    }
    film(6_000);
    const viewer = rig.viewer(['vp8']);
    film(500);
    expect(videoOf(rig, viewer)[0]?.mark).toBe(filming.keyframeMarks.at(-1));
    expect(filming.keyframeMarks).toHaveLength(4);
    expect(startUpOf(rig)).toMatchObject({ replays: 0, requestedInstead: 1 });
    const next = rig.viewer(['vp8']);
    film(500);
    expect(videoOf(rig, next)[0]?.mark).toBe(filming.keyframeMarks.at(-1));
    expect(filming.keyframeMarks).toHaveLength(4);
    expect(startUpOf(rig)).toMatchObject({ replays: 1 });
  });
});
