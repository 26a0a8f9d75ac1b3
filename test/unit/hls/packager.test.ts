import { afterEach, describe, expect, test } from 'vitest';
import { Packagers, read, renditionOf } from '#test/kit/hls-packager.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';

const packagers = new Packagers();
afterEach(async () => {
  await packagers[Symbol.asyncDispose]();
  expect(packagers.warnings.splice(0)).toEqual([]);
});

test('video that is silent at the beginning has no frame rate from the sound', async () => {
  const packager = packagers.open();
  const feed = new EpochFeed();
  packager.accept(feed.epoch);
  for (let frames = 0; frames < 300; frames += 1) {
    feed.audio?.frame((1024 * 1000) / 48_000, true, 100);
    await settled();
  }
  await feed.advanceTo(17_000);
  expect(packager.multivariant()).toMatch(/RESOLUTION=1280x720/);
  expect(packager.multivariant()).not.toContain('FRAME-RATE');
});

describe('the publisher comes back', () => {
  test('numbers go on behind a discontinuity with a new init segment, in step in both renditions', async () => {
    const packager = packagers.open();
    const first = new EpochFeed(1);
    packager.accept(first.epoch);
    await first.advanceTo(13_100);
    packager.pause();
    first.end();
    await settled();
    const before = read(packager, 'v0');
    expect(before.segments.at(-1)?.uri).toBeDefined();
    expect(before.hints).toEqual([]);
    const second = new EpochFeed(2);
    packager.accept(second.epoch);
    await second.advanceTo(12_600);
    for (const id of ['v0', 'a0']) {
      const { segments, discontinuitySequence } = read(packager, id);
      expect(segments.map(({ msn }) => msn)).toEqual(segments.map((_, index) => index + 1));
      const cut = segments.findIndex((segment) => segment.discontinuity);
      expect(segments[cut]?.map).toBe(`${id}_e2.mp4`);
      expect(segments.filter((segment) => segment.discontinuity)).toHaveLength(1);
      expect(discontinuitySequence).toBe(0);
      const names = segments.flatMap((segment) => segment.parts.map((part) => part.uri));
      expect(new Set(names).size).toBe(names.length);
    }
    expect(read(packager, 'v0').hints).toHaveLength(1);
  });

  test('the first frame of a new epoch ends an old one that still lingers', async () => {
    const packager = packagers.open();
    const first = new EpochFeed(1);
    const second = new EpochFeed(2);
    packager.accept(first.epoch);
    await first.advanceTo(12_000);
    packager.accept(second.epoch);
    await first.advanceTo(12_500);
    await second.advanceTo(11_000);
    const { parts } = renditionOf(packager, 'v0');
    await first.advanceTo(14_000);
    expect(renditionOf(packager, 'v0').parts).toBe(parts);
    first.end();
    await settled();
    expect(first.video?.bytes.returned).toBe(true);
  });

  test('without its microphone: the audio goes on as gaps, discontinuities stay in step', async () => {
    const packager = packagers.open();
    const both = new EpochFeed(1);
    packager.accept(both.epoch);
    await both.advanceTo(13_000);
    both.end();
    const silent = new EpochFeed(2, ['video']);
    packager.accept(silent.epoch);
    await silent.advanceTo(16_500);
    silent.end();
    await settled();
    const audio = read(packager, 'a0');
    expect(audio.segments.some((segment) => segment.gap && segment.discontinuity)).toBe(true);
    const again = new EpochFeed(3);
    packager.accept(again.epoch);
    await again.advanceTo(12_000);
    const count = (id: string): number =>
      read(packager, id).segments.filter((segment) => segment.discontinuity).length;
    expect([count('a0'), count('v0')]).toEqual([2, 2]);
  });

  test('audio that begins with the second run counts the run before', async () => {
    const packager = packagers.open();
    const silent = new EpochFeed(1, ['video']);
    packager.accept(silent.epoch);
    await silent.advanceTo(12_000);
    silent.end();
    await settled();
    const both = new EpochFeed(2);
    packager.accept(both.epoch);
    await both.advanceTo(12_000);
    const audio = read(packager, 'a0');
    expect(audio.discontinuitySequence).toBe(1);
    expect(audio.segments.some((segment) => segment.discontinuity)).toBe(false);
  });
});

describe('audio that comes after the picture', () => {
  const picture = async (feed: EpochFeed, untilMs: number): Promise<void> => {
    while ((feed.video?.atMs ?? untilMs) < untilMs - 1) {
      const frame = Math.round(((feed.video?.atMs ?? 0) - 10_000) * 0.03);
      feed.video?.frame(1000 / 30, frame % 120 === 0);
      await settled();
    }
  };
  const sound = async (feed: EpochFeed, untilMs: number): Promise<void> => {
    while ((feed.audio?.atMs ?? untilMs) < untilMs) feed.audio?.frame(1024 / 48, true);
    await settled();
  };
  const both = async (feed: EpochFeed, untilMs: number): Promise<void> => {
    for (let atMs = 10_000; atMs <= untilMs; atMs += 100) {
      await picture(feed, atMs);
      await sound(feed, atMs);
    }
  };

  test('is waited for, however long the first segment was: players would stay without it', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await both(feed, 13_700);
    await picture(feed, 14_300);
    expect(renditionOf(packager, 'v0').playable).toBe(true);
    expect(packager.report.ready).toBe(false);
    await both(feed, 15_000);
    expect(packager.multivariant()).toContain('TYPE=AUDIO');
  });

  test('is waited for after a restart too, while nobody plays yet', async () => {
    const packager = packagers.open();
    const first = new EpochFeed(1);
    packager.accept(first.epoch);
    await picture(first, 12_000);
    first.end();
    await settled();
    expect(packager.multivariant()).toBeUndefined();
    const second = new EpochFeed(2);
    packager.accept(second.epoch);
    await picture(second, 12_000);
    expect(packager.multivariant()).toBeUndefined();
    await both(second, 15_000);
    expect(packager.multivariant()).toContain('TYPE=AUDIO');
  });

  test('is not waited for without end, and what was served once stays', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await picture(feed, 18_000);
    expect(packager.multivariant()).not.toContain('TYPE=AUDIO');
    feed.end();
    await settled();
    packager.accept(new EpochFeed(2).epoch);
    await settled();
    expect(packager.report.ready).toBe(true);
  });
});

test('audio that gets stuck does not hold its players for ever', async () => {
  const packager = packagers.open({ targetDurationMs: 2_000 });
  const feed = new EpochFeed(1);
  packager.accept(feed.epoch);
  await feed.advanceTo(12_000);
  for (let frame = 0; frame < 300; frame += 1) {
    feed.video?.frame(1000 / 30, frame % 60 === 0);
    await settled();
  }
  const audio = read(packager, 'a0');
  expect(audio.segments.filter((segment) => segment.gap).length).toBeGreaterThan(1);
  expect(audio.segments.length).toBeGreaterThan(3);
});

describe('the end', () => {
  test('lists what is left, closes the playlist, answers who waits', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await feed.advanceTo(13_150);
    const rendition = renditionOf(packager, 'v0');
    const { msn } = rendition.window.last;
    const waiting = rendition.waiters.wait(
      () => rendition.window.reached({ msn: msn + 2, part: undefined }),
      10_000,
      new AbortController().signal,
    );
    packager.finish();
    expect(await waiting).toBe('ready');
    const playlist = read(packager, 'v0');
    expect(playlist.ended).toBe(true);
    expect(playlist.hints).toEqual([]);
    expect(playlist.segments.at(-1)?.uri).toBeDefined();
    const late = new EpochFeed(2);
    packager.accept(late.epoch);
    await late.advanceTo(11_500);
    late.end();
    await settled();
    expect(read(packager, 'v0').segments).toHaveLength(playlist.segments.length);
    expect(late.video?.bytes.returned).toBe(true);
  });

  test('a stream shorter than the measurement is still listed', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await feed.advanceTo(10_400);
    expect(packager.report.ready).toBe(false);
    feed.end();
    await settled();
    expect(packager.report.ready).toBe(true);
    packager.finish();
    expect(read(packager, 'v0').segments).toHaveLength(1);
  });

  test('finishing twice is finishing once; disposing closes', async () => {
    const packager = packagers.open();
    packager.finish();
    packager.finish();
    await packager[Symbol.asyncDispose]();
    expect(await packager.closed).toEqual({ by: 'owner' });
  });
});

test('a track that is no MP4 is reported, the other goes on', async () => {
  const packager = packagers.open();
  const feed = new EpochFeed();
  feed.audio?.bytes.push(Buffer.from('rubbish rubbish rubbish'));
  packager.accept(feed.epoch);
  await feed.advanceTo(15_000);
  expect(packagers.warnings.splice(0)).toEqual(['a track of FFmpeg cannot be read further']);
  expect(read(packager, 'v0').segments.length).toBeGreaterThan(1);
  expect(packager.report.ready).toBe(true);
  expect(packager.multivariant()).not.toContain('AUDIO');
});

test('the report says what is on the air', async () => {
  const packager = packagers.open();
  const feed = new EpochFeed();
  packager.accept(feed.epoch);
  await feed.advanceTo(14_500);
  expect(packager.report).toMatchObject({ ready: true, viewers: 0, requests: 0, bytesOut: 0 });
  const video = packager.report.renditions.find(({ rendition }) => rendition === 'v0');
  expect(video).toMatchObject({
    kind: 'video',
    codecs: 'avc1.42c01e',
    width: 1280,
    height: 720,
    segment: 3,
    segmentTargetMs: 2_000,
  });
  expect(video?.partTargetMs).toBeCloseTo(216.67);
  expect(video?.bitrateBps).toBeGreaterThan(48_000);
});
