import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '#src/core/clock.ts';
import type { PictureDesk, PictureRow, PictureWish } from '#src/core/pictures.ts';
import { hlsConfig, type HlsConfig } from '#src/hls/config.ts';
import { StreamPackager } from '#src/hls/packager.ts';
import type { Storyboard } from '#src/hls/storyboard/storyboard.ts';
import { read } from '#test/kit/hls-packager.ts';
import { hearing } from '#test/kit/hls-rig.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';

/** Draws by writing down which frames were asked for: frames are made of their number. */
class ListingDesk implements PictureDesk {
  readonly wishes: PictureWish[] = [];
  answer: () => Promise<'row' | undefined> = () => Promise.resolve('row');

  async draw(wish: PictureWish): Promise<PictureRow | undefined> {
    this.wishes.push(wish);
    if ((await this.answer()) === undefined) return undefined;
    return { jpeg: Buffer.from(framesOf(wish).join(' ')), tileWidth: 160, tileHeight: 90 };
  }
}

const framesOf = ({ keyframes }: PictureWish): readonly number[] =>
  keyframes.map((each) => each.at(-1) ?? NaN);

interface Rig {
  readonly packager: StreamPackager;
  readonly storyboard: Storyboard;
  readonly desk: ListingDesk;
  readonly clock: { ms: number };
  readonly warnings: readonly string[];
}

const opened: StreamPackager[] = [];
afterEach(async () => {
  for (const packager of opened.splice(0)) await packager[Symbol.asyncDispose]();
});

function open(settings: Partial<HlsConfig> = {}): Rig {
  const desk = new ListingDesk();
  const clock = { ms: 0 };
  const time: Clock = { nowMs: () => clock.ms, wallMs: () => 1_700_000_000_000 + clock.ms };
  const warnings: string[] = [];
  const deps = { clock: time, log: hearing(warnings), pictures: desk };
  const packager = new StreamPackager(deps, hlsConfig.parse({ storyboard: true, ...settings }));
  opened.push(packager);
  const { storyboard } = packager;
  if (!storyboard) throw new Error('it was asked for');
  return { packager, storyboard, desk, clock, warnings };
}

const textOf = ({ storyboard }: Rig): string => Buffer.from(storyboard.list.plain).toString();
const cuesOf = (rig: Rig): readonly string[] => textOf(rig).match(/\S+#xywh=\S+/g) ?? [];
const imageOf = ({ storyboard }: Rig, cue: string): string =>
  Buffer.from(storyboard.image(cue.split('#')[0] ?? '') ?? '').toString();

describe('a storyboard of what is live', () => {
  test('has five keyframes in an image, and names each by the segment that begins with it', async () => {
    const rig = open();
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(17_900);
    expect(rig.desk.wishes).toHaveLength(0);
    expect(textOf(rig)).toBe('WEBVTT\n');
    await feed.advanceTo(22_500);
    await settled();
    expect(rig.desk.wishes).toHaveLength(1);
    const cues = cuesOf(rig);
    expect(cues).toHaveLength(5);
    expect(cues[2]).toMatch(/^[\w-]{8}\/story_1\.jpg#xywh=320,0,160,90$/);
    // 30 frames a second, of which the lowest byte of the number is what they hold.
    expect(imageOf(rig, cues[0] ?? '')).toBe([1, 61, 121, 181, 241].join(' '));
    const dates = textOf(rig).match(/^\d{4}-.*Z$/gm);
    const listed = read(rig.packager, 'v0').segments.slice(0, 5);
    expect(dates).toEqual(listed.map(({ wallMs = 0 }) => new Date(wallMs).toISOString()));
  });

  test('draws fewer when they have waited for long, and the rest when the stream ends', async () => {
    const rig = open();
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(14_500);
    rig.clock.ms = 9_000;
    await feed.advanceTo(15_000);
    await settled();
    expect(rig.desk.wishes.map((wish) => wish.keyframes.length)).toEqual([3]);
    await feed.advanceTo(16_500);
    rig.packager.finish();
    await settled();
    expect(rig.desk.wishes.map((wish) => wish.keyframes.length)).toEqual([3, 1]);
    expect(cuesOf(rig)).toHaveLength(4);
  });

  test('asks again later where there is no time, and lets pictures lie further apart', async () => {
    const rig = open();
    rig.desk.answer = () => Promise.resolve(undefined);
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(22_000);
    await settled();
    const asked = rig.desk.wishes.length;
    expect(asked).toBe(1);
    await feed.advanceTo(42_500);
    expect(rig.desk.wishes).toHaveLength(asked);
    rig.desk.answer = () => Promise.resolve('row');
    rig.clock.ms = 1_000;
    await feed.advanceTo(43_000);
    await settled();
    expect(rig.desk.wishes).toHaveLength(asked + 2);
    const starts = [...textOf(rig).matchAll(/(\d\d\.\d+) -->/g)].map(([, seconds]) => Number(seconds));
    // Ten of seventeen have waited, the last for a segment that is not listed yet; what is between was given up evenly.
    expect(starts).toHaveLength(9);
    const gaps = starts.slice(1).map((startS, index) => startS - (starts[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(4.1);
    expect(rig.warnings).toEqual([]);
  });

  test('leaves out what cannot be drawn, says so once, and goes on after a while', async () => {
    const rig = open();
    rig.desk.answer = () => Promise.reject(new Error('broken'));
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(22_000);
    await settled();
    await feed.advanceTo(32_000);
    expect(rig.desk.wishes).toHaveLength(1);
    rig.clock.ms = 31_000;
    await feed.advanceTo(32_500);
    await settled();
    expect(rig.desk.wishes).toHaveLength(2);
    rig.desk.answer = () => Promise.resolve('row');
    rig.clock.ms = 62_000;
    await feed.advanceTo(43_000);
    await settled();
    expect(cuesOf(rig).length).toBeGreaterThan(0);
    expect(rig.warnings).toEqual(['pictures for seeking cannot be made']);
  });

  test('keeps pictures of two sizes apart', async () => {
    const rig = open();
    const first = new EpochFeed(1);
    rig.packager.accept(first.epoch);
    await first.advanceTo(14_500);
    first.end();
    await settled();
    const second = new EpochFeed(2);
    rig.packager.accept(second.epoch);
    await second.advanceTo(20_500);
    rig.packager.finish();
    await settled();
    expect(rig.desk.wishes.map(({ keyframes }) => keyframes.length)).toEqual([3, 5, 1]);
    expect(rig.desk.wishes[0]?.init).not.toBe(rig.desk.wishes[1]?.init);
    expect(textOf(rig).match(/-->/g)).toHaveLength(9);
  });

  test('forgets pictures that left the window, a few images later', async () => {
    const rig = open({ windowSegments: 10 });
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    const images = new Set<string>();
    for (let untilMs = 20_000; untilMs < 300_000; untilMs += 2_000) {
      await feed.advanceTo(untilMs);
      await settled();
      for (const cue of cuesOf(rig)) images.add(cue.split('#')[0] ?? '');
    }
    expect(cuesOf(rig).length).toBeLessThan(20);
    const kept = [...images].filter((uri) => rig.storyboard.image(uri));
    expect(images.size).toBeGreaterThan(25);
    expect(kept.length).toBeLessThan(20);
    expect(kept).toEqual([...images].slice(-kept.length));
  });

  test('makes one list for all who ask until it says something else', async () => {
    const rig = open();
    const feed = new EpochFeed();
    rig.packager.accept(feed.epoch);
    await feed.advanceTo(22_500);
    await settled();
    const { list } = rig.storyboard;
    expect(rig.storyboard.list).toBe(list);
    await feed.advanceTo(24_500);
    expect(rig.storyboard.list).not.toBe(list);
  });
});

test('without the setting, without a desk, and without pictures nothing is drawn', async () => {
  const off = hlsConfig.parse({});
  const packager = new StreamPackager({ clock: { nowMs: () => 0, wallMs: () => 0 }, log: hearing([]) }, off);
  opened.push(packager);
  expect(packager.storyboard).toBeUndefined();
  const rig = open();
  const feed = new EpochFeed(1, ['audio']);
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(30_000);
  rig.packager.finish();
  await settled();
  expect([rig.desk.wishes, textOf(rig)]).toEqual([[], 'WEBVTT\n']);
});
