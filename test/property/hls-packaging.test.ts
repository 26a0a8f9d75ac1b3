import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { StreamPackager } from '#src/hls/packager.ts';
import { Packagers, textOf } from '#test/kit/hls-packager.ts';
import { readMediaPlaylist, type ReadPlaylist } from '#test/kit/hls-reader.ts';
import { checkPlaylist, checkSuccession } from '#test/kit/hls-rules.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';

const packagers = new Packagers();
afterEach(() => packagers[Symbol.asyncDispose]());

/** A live picture that is late now and then, with keyframes when the publisher likes. */
const frames = fc.array(
  fc.record({
    durationMs: fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 31, max: 36 }) },
      { weight: 1, arbitrary: fc.integer({ min: 60, max: 2_500 }) },
    ),
    keyframe: fc.integer({ min: 0, max: 40 }).map((dice) => dice === 0),
  }),
  { minLength: 100, maxLength: 400 },
);

test('no rhythm of frames and keyframes makes an illegal playlist, or an illegal change of one', async () => {
  await fc.assert(
    fc.asyncProperty(frames, async (pictures) => {
      const packager = packagers.open({ targetDurationMs: 3_000, windowSegments: 8 });
      const feed = new EpochFeed(1, ['video', 'audio']);
      packager.accept(feed.epoch);
      const broken: string[] = [];
      const seen = new Map<string, ReadPlaylist>();
      for (const [index, { durationMs, keyframe }] of pictures.entries()) {
        feed.video?.frame(durationMs, keyframe || index === 0, 20);
        while ((feed.audio?.atMs ?? 0) < (feed.video?.atMs ?? 0))
          feed.audio?.frame((1024 * 1000) / 48_000, true, 20);
        await settled();
        if (index % 4 === 0) broken.push(...look(packager, seen));
      }
      feed.end();
      await settled();
      broken.push(...look(packager, seen));
      packager.finish();
      broken.push(...look(packager, seen));
      expect(broken).toEqual([]);
    }),
    { numRuns: 25, seed: 20_260_101, endOnFailure: true },
  );
}, 60_000);

/** Rules that the playlists break by themselves or as successors of those seen before. */
function look(packager: StreamPackager, seen: Map<string, ReadPlaylist>): readonly string[] {
  const broken: string[] = [];
  for (const id of ['v0', 'a0']) {
    if (!packager.rendition(id)) continue;
    const text = textOf(packager, id);
    const playlist = readMediaPlaylist(text);
    const check = (rule: string, holds: boolean, detail = ''): void => {
      // A frozen frame is listed shorter than it is; only EXTINF tells its whole length.
      if (!holds && rule !== 'parts add up to their segment') broken.push(`${id}: ${rule}: ${detail}`);
    };
    checkPlaylist(playlist, check);
    const before = seen.get(id);
    if (before) checkSuccession(before, playlist, check);
    seen.set(id, playlist);
  }
  return broken;
}
