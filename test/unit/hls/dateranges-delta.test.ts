import { afterEach, expect, test } from 'vitest';
import { openCaptionsRig, type CaptionsRig, playlistOf, served } from '#test/kit/captions-rig.ts';
import { readMediaPlaylist, type ReadPlaylist } from '#test/kit/hls-reader.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';

let rig: CaptionsRig | undefined;
afterEach(() => rig?.[Symbol.asyncDispose]());

const wall = (mediaMs: number): number => 1_700_003_600_000 + mediaMs - 10_000;

/** A stream of one-second segments with some that can be skipped. */
async function begin(): Promise<{ readonly stream: CaptionsRig; readonly feed: EpochFeed }> {
  const settings = { segmentTargetMs: 1_000, targetDurationMs: 1_000, windowSegments: 12 };
  rig = openCaptionsRig(settings, { wallMs: wall(10_000) });
  const feed = new EpochFeed(1, ['video', 'audio'], { gopFrames: 30 });
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(12_500);
  return { stream: rig, feed };
}

function delta({ packager }: CaptionsRig, id: string, skip: true | 'v2'): ReadPlaylist {
  return readMediaPlaylist(Buffer.from(served(packager, id).playlist(skip).plain).toString());
}

const ids = ({ dateRanges }: ReadPlaylist): readonly (string | undefined)[] =>
  dateRanges.map((attributes) => attributes.get('ID'));

test('all media playlists list them from the next part on, and say that they can be skipped', async () => {
  const { stream, feed } = await begin();
  const wish = { id: 'goal', class: 'org.example', attributes: { 'X-SCORE': '1:0' } };
  stream.packager.text.dateRange({ ...wish, start: { wallMs: wall(12_400) } });
  await feed.advanceTo(13_200);
  for (const id of ['v0', 'a0']) {
    const playlist = playlistOf(stream.packager, id);
    expect(playlist.control.get('CAN-SKIP-DATERANGES')).toBe('YES');
    expect(playlist.version).toBe(9);
    expect(playlist.strange).toEqual([]);
    expect(Object.fromEntries(playlist.dateRanges[0] ?? [])).toEqual({
      ...{ ID: 'goal', CLASS: 'org.example', 'X-SCORE': '1:0' },
      'START-DATE': new Date(wall(12_400)).toISOString(),
    });
  }
});

test('a delta update leaves out those that its reader has, and names those that left', async () => {
  const { stream, feed } = await begin();
  const { text } = stream.packager;
  text.dateRange({ id: 'old', start: { wallMs: wall(12_000) }, end: { durationMs: 60_000 }, attributes: {} });
  text.dateRange({ id: 'brief', start: { wallMs: wall(12_000) }, end: { durationMs: 500 }, attributes: {} });
  await feed.advanceTo(20_400);
  text.dateRange({ id: 'young', start: { wallMs: wall(20_000) }, attributes: {} });
  await feed.advanceTo(21_600);
  for (const id of ['v0', 'a0']) {
    expect(ids(playlistOf(stream.packager, id))).toEqual(['old', 'brief', 'young']);
    const plain = delta(stream, id, true);
    expect([plain.skipped > 0, plain.version, ids(plain), plain.recentlyRemoved]).toEqual([
      ...[true, 9, ['old', 'brief', 'young'], undefined],
    ]);
    const lean = delta(stream, id, 'v2');
    expect([lean.skipped, lean.version, ids(lean), lean.recentlyRemoved]).toEqual([
      ...[plain.skipped, 10, ['young'], []],
    ]);
  }
  await feed.advanceTo(27_600);
  const later = delta(stream, 'v0', 'v2');
  expect([ids(playlistOf(stream.packager, 'v0')), later.recentlyRemoved]).toEqual([
    ['old', 'young'],
    ['brief'],
  ]);
});

test('every reader that asks often enough knows them all, whatever it may skip', async () => {
  const { stream, feed } = await begin();
  const { packager } = stream;
  const known = { v0: new Set<string>(), a0: new Set<string>() };
  let next = 0;
  for (let untilMs = 12_500; untilMs < 34_000; untilMs += 333) {
    await feed.advanceTo(untilMs);
    if (next % 3 === 0)
      packager.text.dateRange({
        ...{
          id: `r${next}`,
          start: { wallMs: wall(untilMs - 200) },
          end: { durationMs: 1_500 },
          attributes: {},
        },
      });
    next += 1;
    // Half the skip boundary is three segments: this reader asks now and then.
    if (next % 8 !== 0) continue;
    for (const id of ['v0', 'a0'] as const) {
      const lean = delta(stream, id, 'v2');
      if (lean.skipped === 0) known[id].clear();
      for (const removed of lean.recentlyRemoved ?? []) known[id].delete(removed);
      for (const one of ids(lean)) if (one !== undefined) known[id].add(one);
      expect([...known[id]].toSorted()).toEqual(ids(playlistOf(packager, id)).toSorted());
    }
  }
  packager.finish();
  expect(delta(stream, 'v0', 'v2')).toMatchObject({ skipped: 0, ended: true, version: 9 });
});
