import { afterEach, describe, expect, test } from 'vitest';
import type { StreamPackager } from '#src/hls/packager.ts';
import { checkIFramePlaylist } from '#test/kit/hls-i-frame-rules.ts';
import { readMediaPlaylist, type ReadPlaylist } from '#test/kit/hls-reader.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';
import { Packagers, read, renditionOf } from '#test/kit/hls-packager.ts';

const packagers = new Packagers();
afterEach(() => packagers[Symbol.asyncDispose]());

/** The playlist of pictures; throws when it breaks a rule. */
function pictures(packager: StreamPackager, skip = false): ReadPlaylist {
  const playlist = readMediaPlaylist(
    Buffer.from(packager.served('v0i')?.playlist(skip).plain ?? '').toString(),
  );
  const broken: string[] = [];
  // What a delta update leaves out has the init segment of what it keeps.
  if (!skip)
    checkIFramePlaylist(playlist, (rule, holds) => {
      if (!holds) broken.push(rule);
    });
  expect(broken).toEqual([]);
  return playlist;
}

describe('a playlist of pictures', () => {
  test('has one for each complete segment, with its number, time and length', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await feed.advanceTo(19_000);
    const { segments } = read(packager, 'v0');
    const complete = segments.filter(({ uri }) => uri !== undefined);
    const facts = ({ segments: all }: { readonly segments: ReadPlaylist['segments'] }): unknown =>
      all.map(({ msn, uri, durationS, wallMs, map }) => ({ msn, uri, durationS, wallMs, map }));
    expect(complete.length).toBeLessThan(segments.length);
    expect(facts(pictures(packager))).toEqual(facts({ segments: complete }));
  });

  test('leads to the first frame of each, and no further', async () => {
    const packager = packagers.open();
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await feed.advanceTo(17_000);
    for (const { uri = '', range } of pictures(packager).segments) {
      const segment = renditionOf(packager, 'v0').window.segment(uri);
      const bytes = Buffer.concat(segment?.parts.map((part) => part.bytes) ?? []);
      // 200 bytes of data, all of them the frame's number, behind moof and the head of mdat.
      const picture = bytes.subarray((range?.bytes ?? 0) - 200, range?.bytes);
      expect(range?.start).toBe(0);
      expect(new Set(picture).size).toBe(1);
      expect(bytes[range?.bytes ?? 0]).toBe(((picture[0] ?? 0) + 1) & 255);
    }
  });

  test('is a gap where a segment begins without a keyframe', async () => {
    const packager = packagers.open({ targetDurationMs: 2_000, segmentTargetMs: 1_000 });
    const feed = new EpochFeed(1, ['video'], { gopFrames: 100 });
    packager.accept(feed.epoch);
    await feed.advanceTo(20_000);
    const independent = read(packager, 'v0').segments.map(({ parts }) => parts[0]?.independent);
    expect(independent).toContain(false);
    const { segments } = pictures(packager);
    expect(segments.some(({ gap }) => gap)).toBe(true);
    expect(segments.map(({ gap, range }) => gap === (range === undefined))).not.toContain(false);
  });

  test('skips, counts discontinuities and ends as the video does', async () => {
    const packager = packagers.open({ targetDurationMs: 2_000, windowSegments: 10 });
    const first = new EpochFeed(1);
    packager.accept(first.epoch);
    await first.advanceTo(18_000);
    first.end();
    await settled();
    const second = new EpochFeed(2);
    packager.accept(second.epoch);
    await second.advanceTo(32_000);
    const { skipped, discontinuitySequence } = pictures(packager, true);
    // The open segment is not in it, so it ends up to one segment earlier.
    const video = readMediaPlaylist(Buffer.from(renditionOf(packager, 'v0').playlist(true).plain).toString());
    expect(video.skipped - skipped).toBeLessThanOrEqual(1);
    expect(skipped).toBeGreaterThan(0);
    expect(discontinuitySequence).toBe(read(packager, 'v0').discontinuitySequence);
    packager.finish();
    expect(pictures(packager).ended).toBe(true);
    expect(pictures(packager).segments.length).toBe(read(packager, 'v0').segments.length);
  });

  test('is not there where settings say so, nor for sound', async () => {
    const without = packagers.open({ iFrames: false });
    const feed = new EpochFeed();
    without.accept(feed.epoch);
    await feed.advanceTo(16_000);
    expect(without.served('v0i')).toBeUndefined();
    expect(without.multivariant()).not.toContain('I-FRAME');
    const sound = packagers.open();
    const audio = new EpochFeed(1, ['audio']);
    sound.accept(audio.epoch);
    await audio.advanceTo(16_000);
    expect(sound.served('a0i')).toBeUndefined();
  });
});
