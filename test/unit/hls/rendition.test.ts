import { afterEach, describe, expect, test } from 'vitest';
import type { StreamPackager } from '#src/hls/packager.ts';
import { Packagers, read, renditionOf, textOf } from '#test/kit/hls-packager.ts';
import { readMediaPlaylist } from '#test/kit/hls-reader.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';

const packagers = new Packagers();
afterEach(async () => {
  await packagers[Symbol.asyncDispose]();
  expect(packagers.warnings.splice(0)).toEqual([]);
});

/** A part becomes visible, a frame at a time; returns how often the text changed without a new part. */
async function changesWithoutPart(
  packager: StreamPackager,
  feed: EpochFeed,
  untilMs: number,
): Promise<number> {
  let count = 0;
  const last = new Map<string, { readonly text: string; readonly parts: number }>();
  for (let atMs = 10_000; atMs <= untilMs; atMs += 10) {
    await feed.advanceTo(atMs);
    for (const id of ['v0', 'a0']) {
      const rendition = packager.rendition(id);
      if (!rendition) continue;
      const text = textOf(packager, id);
      const before = last.get(id);
      if (before && before.text !== text && before.parts === rendition.parts) count += 1;
      last.set(id, { text, parts: rendition.parts });
    }
  }
  return count;
}

describe('what players in the field stumble over', () => {
  test('a playlist never changes without a new part: such an answer would count as "nothing new"', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    expect(await changesWithoutPart(packager, feed, 17_000)).toBe(0);
    expect(read(packager, 'v0').segments.length).toBeGreaterThan(3);
  });

  test('audio segments end at a part boundary, nearest to that of the video: no short audio part', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await feed.advanceTo(21_000);
    const audio = read(packager, 'a0');
    const video = read(packager, 'v0');
    const durations = audio.segments.flatMap((segment) => segment.parts.map((part) => part.durationS));
    expect(Math.min(...durations)).toBeGreaterThan(0.85 * audio.partTargetS);
    for (const segment of audio.segments) {
      const twin = video.segments.find(({ msn }) => msn === segment.msn);
      if (!twin) continue;
      expect(Math.abs((twin.wallMs ?? 0) - (segment.wallMs ?? 0))).toBeLessThanOrEqual(
        audio.partTargetS * 500 + 25,
      );
    }
  });

  test('part names count over the life of a rendition, so the hinted part always comes, in whichever segment', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed(1, ['video'], { gopFrames: 50 });
    packager.accept(feed.epoch);
    let hint: string | undefined;
    let parts = 0;
    for (let atMs = 10_000; atMs < 16_000; atMs += 33) {
      await feed.advanceTo(atMs);
      const rendition = packager.rendition('v0');
      if (!rendition) continue;
      if (hint !== undefined && rendition.parts > parts) expect(rendition.window.part(hint)).toBeDefined();
      hint = rendition.hintName;
      ({ parts } = rendition);
    }
    const names = read(packager, 'v0').segments.flatMap((segment) => segment.parts.map((part) => part.uri));
    expect(names).toEqual(names.map((_, index) => `v0_e1_p${index + 1}.m4s`));
  });

  test('the first media sequence number is 1', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await feed.advanceTo(11_500);
    expect(read(packager, 'v0').mediaSequence).toBe(1);
    expect(read(packager, 'v0').segments[0]?.msn).toBe(1);
  });
});

describe('segments', () => {
  test('an untouched OBS: a keyframe every 250 frames gives legal segments that all begin with one', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed(1, ['video', 'audio'], { gopFrames: 250 });
    packager.accept(feed.epoch);
    await feed.advanceTo(28_000);
    const video = read(packager, 'v0');
    expect(video.targetDurationS).toBe(8);
    expect(video.segments.slice(0, 2).map(({ durationS }) => durationS)).toEqual([
      expect.closeTo(8.333, 2),
      expect.closeTo(8.333, 2),
    ]);
    expect(video.independentSegments).toBe(true);
    read(packager, 'a0');
  });

  test('without keyframes they are cut hard, and nobody claims that they are independent', async () => {
    const packager = packagers.open({ targetDurationMs: 2_000 });
    const feed = new EpochFeed(1, ['video', 'audio'], { gopFrames: 200 });
    packager.accept(feed.epoch);
    await feed.advanceTo(24_000);
    const video = read(packager, 'v0');
    expect(video.independentSegments).toBe(false);
    expect(Math.max(...video.segments.map(({ durationS }) => durationS))).toBeLessThan(2.5);
    // The next keyframe is not passed over, however short its segment then becomes.
    const startsMs = video.segments.map((segment) => (segment.wallMs ?? 0) - feed.epoch.startedWallMs);
    expect(startsMs).toContain(Math.floor((200 * 1000) / 30));
    expect(startsMs).toContain(Math.floor((400 * 1000) / 30));
  });

  test('audio alone leads itself', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed(1, ['audio']);
    packager.accept(feed.epoch);
    await feed.advanceTo(17_000);
    expect(read(packager, 'a0').segments.length).toBeGreaterThan(2);
    expect(packager.multivariant()).toMatch(/CODECS="mp4a\.40\.2".*\n.*a0\.m3u8/);
    expect(read(packager, 'a0').independentSegments).toBe(true);
  });

  test('a publisher that freezes breaks no rule: listed parts stay within the target, EXTINF tells the truth', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed(1, ['video']);
    packager.accept(feed.epoch);
    await feed.advanceTo(11_500);
    feed.video?.frame(1_300, false);
    await feed.advanceTo(16_500);
    const playlist = readMediaPlaylist(
      Buffer.from(renditionOf(packager, 'v0').playlist(false).plain).toString(),
    );
    for (const part of playlist.segments.flatMap((segment) => segment.parts))
      expect(part.durationS).toBeLessThanOrEqual(playlist.partTargetS);
    expect(playlist.segments[0]?.durationS).toBeGreaterThan(3);
  });

  test.each([
    ['a short one in front of a keyframe', 450, true],
    ['a long one in front of any picture', 2_100, false],
  ])('a hole in a segment is listed as parts that are gaps: %s', async (_, holeMs, keyframe) => {
    const packager = packagers.open();
    const feed = new EpochFeed(1, ['video']);
    packager.accept(feed.epoch);
    await feed.advanceTo(12_500);
    feed.video?.frame(holeMs, false);
    feed.video?.frame(1000 / 30, keyframe);
    await feed.advanceTo(19_000);
    const { segments, partTargetS } = read(packager, 'v0');
    const broken = segments.find(({ parts }) => parts.some(({ gap }) => gap));
    const gaps = broken?.parts.filter(({ gap }) => gap) ?? [];
    const goneS = gaps.reduce((sum, { durationS }) => sum + durationS, 0);
    expect(goneS).toBeGreaterThan(holeMs / 1000 - 2 * partTargetS);
    expect(goneS).toBeLessThan(holeMs / 1000);
    for (const { uri } of gaps) expect(renditionOf(packager, 'v0').window.part(uri)).toBeUndefined();
  });

  test('a short hole in front of another picture is no gap: hls.js would wait for a keyframe', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed(1, ['video']);
    packager.accept(feed.epoch);
    await feed.advanceTo(12_500);
    feed.video?.frame(450, false);
    await feed.advanceTo(14_000);
    const playlist = Buffer.from(renditionOf(packager, 'v0').playlist(false).plain).toString();
    expect(playlist).not.toContain('GAP=YES');
  });

  test('a hole longer than any segment becomes a gap', async () => {
    const packager = packagers.open({ targetDurationMs: 2_000 });
    const feed = new EpochFeed(1, ['video']);
    packager.accept(feed.epoch);
    await feed.advanceTo(12_500);
    feed.video?.skip(7_000);
    await feed.advanceTo(22_000);
    const { segments } = read(packager, 'v0');
    const gaps = segments.filter((segment) => segment.gap);
    expect(gaps.length).toBeGreaterThanOrEqual(3);
    expect(gaps.reduce((sum, gap) => sum + gap.durationS, 0)).toBeCloseTo(7, 1);
    expect(
      segments.every((segment, index) => index === 0 || segment.msn === (segments[index - 1]?.msn ?? 0) + 1),
    ).toBe(true);
  });
});
