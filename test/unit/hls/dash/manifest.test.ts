import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { StreamPackager } from '#src/hls/packager.ts';
import { Packagers, renditionOf } from '#test/kit/hls-packager.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';

const packagers = new Packagers();
afterEach(() => packagers[Symbol.asyncDispose]());

const quick = { segmentTargetMs: 2_000, targetDurationMs: 4_000, partTargetMs: 250, measureMs: 300 };

function mpdOf(packager: StreamPackager): string {
  const bytes = packager.dash().get();
  if (!bytes) throw new Error('there is no MPD');
  expect(gunzipSync(bytes.gzip).equals(bytes.plain)).toBe(true);
  return Buffer.from(bytes.plain).toString();
}

function values(text: string, name: string): readonly string[] {
  return [...text.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value]) => value ?? '');
}

async function live(
  untilMs = 17_000,
): Promise<{ readonly packager: StreamPackager; readonly feed: EpochFeed }> {
  const packager = packagers.open(quick);
  const feed = new EpochFeed(1);
  packager.accept(feed.epoch);
  await feed.advanceTo(untilMs);
  return { packager, feed };
}

describe('a live MPD', () => {
  test('is not there before the stream can be played', () => {
    expect(packagers.open(quick).dash().get()).toBeUndefined();
  });

  test('is made once for everybody, and anew only when it says something else', async () => {
    const { packager, feed } = await live();
    const first = packager.dash().get();
    expect(packager.dash().get()).toBe(first);
    await feed.advanceTo(17_400);
    expect(packager.dash().get()).toBe(first);
    await feed.advanceTo(18_500);
    const second = packager.dash().get();
    expect(second).not.toBe(first);
  });

  test('names every listed segment as HLS does', async () => {
    const { packager } = await live();
    const text = mpdOf(packager);
    const [start = ''] = values(text, 'startNumber');
    const [media = ''] = values(text, 'media');
    const listed = renditionOf(packager, 'v0').window.segments.map(({ name }) => name);
    const named = listed.map((_name, index) => media.replace('$Number$', String(Number(start) + index)));
    expect(named).toEqual(listed.map((name) => `${packager.incarnation}/${name}`));
    expect(values(text, 'initialization')).toEqual([
      `${packager.incarnation}/v0_e1.mp4`,
      `${packager.incarnation}/a0_e1.mp4`,
    ]);
  });

  test('its timeline is the wall clock', async () => {
    const { packager, feed } = await live();
    const text = mpdOf(packager);
    expect(values(text, 'availabilityStartTime')).toEqual(['1970-01-01T00:00:00.000Z']);
    const start = Number(/<Period [^>]*start="PT([\d.]+)S"/.exec(text)?.[1]) * 1_000;
    // The AAC encoder begins two frames before the picture.
    expect(Math.abs(start - feed.epoch.startedWallMs)).toBeLessThan(25);
    const [zero = ''] = values(text, 'presentationTimeOffset');
    expect(Math.abs((Number(zero) / 15_360) * 1_000 - 10_000)).toBeLessThan(25);
  });

  test('its date rises with every change, also when the clock stands still', async () => {
    const { packager, feed } = await live();
    const dates: number[] = [];
    for (const untilMs of [18_500, 20_500, 22_500]) {
      await feed.advanceTo(untilMs);
      dates.push(Date.parse(values(mpdOf(packager), 'publishTime')[0] ?? ''));
    }
    expect(dates).toEqual([...new Set(dates)].toSorted((one, other) => one - other));
  });

  test('lets players ask for segments that are being filled', async () => {
    const { packager } = await live();
    const text = mpdOf(packager);
    expect(values(text, 'availabilityTimeComplete')).toEqual(['false', 'false']);
    for (const offset of values(text, 'availabilityTimeOffset')) {
      expect(Number(offset)).toBeGreaterThan(1.5);
      expect(Number(offset)).toBeLessThan(2.2);
    }
    expect(text).toContain('<Latency target=');
    expect(text).not.toContain('suggestedPresentationDelay');
  });

  test('says how long the window is', async () => {
    const { packager } = await live();
    expect(values(mpdOf(packager), 'timeShiftBufferDepth')).toEqual(['PT120.000S']);
  });
});

describe('an MPD over several runs', () => {
  test('has a period for each, and keeps what it has said of the first', async () => {
    const { packager, feed } = await live(15_000);
    const [before] = /<Period [^>]*>/.exec(mpdOf(packager)) ?? [];
    const bandwidth = values(mpdOf(packager), 'bandwidth')[0];
    feed.end();
    await settled();
    const second = new EpochFeed(2, ['video', 'audio']);
    packager.accept(second.epoch);
    await second.advanceTo(13_000);
    const text = mpdOf(packager);
    const periods = text.match(/<Period [^>]*>/g) ?? [];
    expect(periods).toHaveLength(2);
    expect(periods[0]).toBe(before);
    expect(values(text, 'bandwidth')[0]).toBe(bandwidth);
    expect(values(text, 'initialization')[2]).toBe(`${packager.incarnation}/v0_e2.mp4`);
  });

  test('shows a run once all of its tracks have begun: players keep what a period was when they saw it first', async () => {
    const { packager, feed } = await live(15_000);
    feed.end();
    await settled();
    const second = new EpochFeed(2);
    packager.accept(second.epoch);
    for (let picture = 0; picture < 15; picture++) {
      second.video?.frame(1_000 / 30, picture === 0);
      await settled();
    }
    expect(mpdOf(packager).match(/<Period /g)).toHaveLength(1);
    await second.advanceTo(10_700);
    const [, , last = ''] = mpdOf(packager).split('<Period ');
    expect(last.match(/contentType="\w+"/g)).toEqual(['contentType="video"', 'contentType="audio"']);
  });

  test('a clock that went back does not put one period over another', async () => {
    const { packager, feed } = await live(15_000);
    feed.end();
    await settled();
    const second = new EpochFeed(2);
    const early = { ...second.epoch, startedWallMs: feed.epoch.startedWallMs + 1_000 };
    packager.accept(early);
    await second.advanceTo(13_000);
    const starts = [...mpdOf(packager).matchAll(/<Period [^>]*start="PT([\d.]+)S"/g)].map(([, s]) =>
      Number(s),
    );
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(4.5);
  });

  test('a track that a run lacks is missing from its period alone', async () => {
    const { packager, feed } = await live(15_000);
    feed.end();
    await settled();
    const second = new EpochFeed(2, ['video']);
    packager.accept(second.epoch);
    await second.advanceTo(13_000);
    const [, first = '', last = ''] = mpdOf(packager).split('<Period ');
    expect(first.match(/contentType="\w+"/g)).toEqual(['contentType="video"', 'contentType="audio"']);
    expect(last.match(/contentType="\w+"/g)).toEqual(['contentType="video"']);
  });
});

test('after the end it is static and holds everything that is left', async () => {
  const { packager, feed } = await live(15_000);
  feed.end();
  await settled();
  packager.finish();
  const text = mpdOf(packager);
  expect(text).toContain(' type="static"');
  for (const absent of ['minimumUpdatePeriod', 'UTCTiming', 'availabilityTimeOffset', 'ServiceDescription'])
    expect(text).not.toContain(absent);
  const endMs = Number(values(text, 'mediaPresentationDuration')[0]?.slice(2, -1)) * 1_000;
  expect(Math.abs(endMs - (feed.epoch.startedWallMs + 5_000))).toBeLessThan(200);
});
