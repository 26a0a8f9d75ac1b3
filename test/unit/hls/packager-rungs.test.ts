import { afterEach, expect, test } from 'vitest';
import type { CmafEpoch } from '#src/core/cmaf.ts';
import { Packagers, read } from '#test/kit/hls-packager.ts';
import { settled, TrackFeed } from '#test/kit/hls-source.ts';

const packagers = new Packagers();
afterEach(async () => {
  await packagers[Symbol.asyncDispose]();
  expect(packagers.warnings.splice(0)).toEqual([]);
});

/** Rungs of one stream that a test advances picture by picture; a picture is at the lower ones some pictures later. */
class RungFeed {
  readonly feeds: readonly TrackFeed[];
  readonly epoch: CmafEpoch;
  #pictures = 0;

  constructor(number: number, ids: readonly string[]) {
    this.feeds = ids.map((rendition) => new TrackFeed('video', { rendition }));
    this.epoch = {
      ...{ epoch: number, startedWallMs: 1_700_000_000_000 + number * 60_000, baseMediaTimeMs: 10_000 },
      tracks: this.feeds.map(({ track }) => track),
    };
  }

  async pictures(count: number, lag: (rung: number) => number): Promise<void> {
    const made = this.feeds.map(() => 0);
    for (let step = 0; step < count + 10; step += 1) {
      for (const [rung, feed] of this.feeds.entries()) {
        const index = made[rung] ?? 0;
        if (index >= count || step < lag(rung)) continue;
        feed.frame(1000 / 30 + (index % 3) * 0.4, (this.#pictures + index) % 54 === 0);
        made[rung] = index + 1;
      }
      await settled();
    }
    this.#pictures += count;
  }

  end(): void {
    for (const { bytes } of this.feeds) bytes.end();
  }
}

test.each([
  ['behind', (rung: number) => 3 * rung],
  ['ahead', (rung: number) => (rung === 0 ? 6 : 0)],
])('rungs that come %s of the top have its segments and parts', async (_, lag) => {
  const packager = packagers.open();
  const feed = new RungFeed(1, ['v0', 'v1', 'v2']);
  packager.accept(feed.epoch);
  await feed.pictures(300, lag);
  feed.end();
  await settled();
  const shape = (id: string): unknown =>
    read(packager, id).segments.map(({ msn, durationS, wallMs, parts }) => [
      ...[msn, durationS, wallMs],
      ...parts.map((part) => [part.durationS, part.independent]),
    ]);
  expect(read(packager, 'v0').segments.length).toBeGreaterThan(4);
  expect(shape('v1')).toEqual(shape('v0'));
  expect(shape('v2')).toEqual(shape('v0'));
  const reported = read(packager, 'v0').reports.map((report) => report.get('URI'));
  expect(reported).toEqual(['v1.m3u8', 'v2.m3u8', 'v0i.m3u8', 'v1i.m3u8', 'v2i.m3u8']);
});

test('a rung that the next run does without is no choice any more; its players step over gaps, and it may come back', async () => {
  const packager = packagers.open();
  const listed = (): readonly string[] =>
    (packager.multivariant() ?? '').split('\n').filter((line) => line.endsWith('.m3u8'));
  for (const [number, ids] of [
    ['v0', 'v1', 'v2'],
    ['v0', 'v2'],
    ['v0', 'v1', 'v2'],
  ].entries()) {
    const feed = new RungFeed(number + 1, ids);
    packager.accept(feed.epoch);
    await feed.pictures(180, (rung) => rung);
    feed.end();
    await settled();
    expect(listed().map((line) => line.slice(-7))).toEqual(ids.map((id) => `${id}.m3u8`));
  }
  const [top, without] = [read(packager, 'v0'), read(packager, 'v1')];
  const discontinuities = (playlist: typeof top): number =>
    playlist.segments.filter(({ discontinuity }) => discontinuity).length;
  expect(discontinuities(without)).toBe(discontinuities(top));
  expect(without.segments.filter(({ gap }) => gap).length).toBeGreaterThan(0);
  expect(without.segments.at(-1)?.msn).toBe(top.segments.at(-1)?.msn);
});
