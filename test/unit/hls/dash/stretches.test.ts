import { afterEach, expect, test } from 'vitest';
import { stretchesOf } from '#src/hls/dash/stretches.ts';
import { Packagers, renditionOf } from '#test/kit/hls-packager.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';

const packagers = new Packagers();
afterEach(() => packagers[Symbol.asyncDispose]());

const quick = { segmentTargetMs: 2_000, targetDurationMs: 4_000, partTargetMs: 250, measureMs: 300 };

test('complete segments, the open one and the next are consecutive in number and time', async () => {
  const packager = packagers.open(quick);
  const feed = new EpochFeed(1);
  packager.accept(feed.epoch);
  await feed.advanceTo(17_000);
  for (const id of ['v0', 'a0']) {
    const [stretch, ...others] = stretchesOf(renditionOf(packager, id));
    expect(others).toEqual([]);
    const segments = stretch?.segments ?? [];
    expect(segments.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    for (const [index, { startMs }] of segments.slice(1).entries())
      expect(Math.abs(startMs - (segments[index]?.endMs ?? 0))).toBeLessThan(0.1);
    expect(stretch?.prediction?.segments).toBe(2);
    // Promised rather too long than too short.
    expect(segments[3]?.endMs).toBeGreaterThan((segments[3]?.startMs ?? 0) + 2_000);
  }
});

test('keyframes that are far apart: only complete segments are listed', async () => {
  const packager = packagers.open({ ...quick, targetDurationMs: 9_000 });
  const feed = new EpochFeed(1, ['video'], { gopFrames: 240 });
  packager.accept(feed.epoch);
  await feed.advanceTo(20_000);
  const [stretch] = stretchesOf(renditionOf(packager, 'v0'));
  expect(stretch?.segments.map(({ startMs, endMs }) => Math.round(endMs - startMs))).toEqual([8_000]);
  expect(stretch?.prediction).toBeUndefined();
});

test('every run has a stretch of its own, and only the newest goes on', async () => {
  const packager = packagers.open(quick);
  const first = new EpochFeed(1);
  packager.accept(first.epoch);
  await first.advanceTo(15_000);
  const second = new EpochFeed(2);
  packager.accept(second.epoch);
  await second.advanceTo(13_000);
  const [before, after] = stretchesOf(renditionOf(packager, 'v0'));
  expect(before).toMatchObject({ run: 1, mapName: 'v0_e1.mp4', prediction: undefined });
  expect(before?.segments.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(after).toMatchObject({ run: 2, mapName: 'v0_e2.mp4', firstName: 'v0_e2_s4.m4s' });
  expect(after?.segments.map(({ number }) => number)).toEqual([4, 5, 6]);
  expect((after?.offsetMs ?? 0) - (before?.offsetMs ?? 0)).toBe(3_600_000);
});

test('a hole is no segment: the numbers behind it go on', async () => {
  const packager = packagers.open(quick);
  const feed = new EpochFeed(1);
  packager.accept(feed.epoch);
  await feed.advanceTo(14_500);
  feed.audio?.skip(6_500);
  await feed.advanceTo(25_000);
  const [stretch] = stretchesOf(renditionOf(packager, 'a0'));
  const segments = stretch?.segments ?? [];
  expect(renditionOf(packager, 'a0').window.segments.some(({ gap }) => gap)).toBe(true);
  expect(segments.map(({ number }) => number)).toEqual(segments.map((_segment, index) => index + 1));
  const holes = segments.slice(1).map(({ startMs }, index) => startMs - (segments[index]?.endMs ?? 0));
  expect(Math.max(...holes)).toBeGreaterThan(2_500);
});

test('after the end nothing is promised', async () => {
  const packager = packagers.open(quick);
  const feed = new EpochFeed(1);
  packager.accept(feed.epoch);
  await feed.advanceTo(15_000);
  feed.end();
  await settled();
  packager.finish();
  const rendition = renditionOf(packager, 'v0');
  const [stretch] = stretchesOf(rendition);
  expect(stretch?.segments).toHaveLength(rendition.window.segments.length);
  expect(stretch?.prediction).toBeUndefined();
});
