import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse, types } from 'hls-parser';
import { checkCues, checkInStep, type PlacedVtt } from '#test/kit/hls-captions-rules.ts';
import { exchange, maxAgeOf } from '#test/kit/hls-http.ts';
import { readMediaPlaylist, type ReadPlaylist, type ReadSegment } from '#test/kit/hls-reader.ts';
import { openHlsRig, quickHls, streamId, type HlsRig } from '#test/kit/hls-rig.ts';
import { checkPlaylist, checkSuccession } from '#test/kit/hls-rules.ts';
import { EpochFeed } from '#test/kit/hls-source.ts';
import { readVtt } from '#test/kit/webvtt-reader.ts';

let rig: HlsRig;
let feed: EpochFeed;
let base = '';
const live = streamId('live');
const wall = (mediaMs: number): number => feed.epoch.startedWallMs + mediaMs - 10_000;

beforeAll(async () => {
  rig = await openHlsRig({ ...quickHls, captions: [{ stream: '*', language: 'en', name: 'English' }] });
  // The clock of the gateway is the real one, so this stream is of today.
  const made = new EpochFeed(1, ['video', 'audio'], { gopFrames: 15 });
  feed = Object.assign(made, { epoch: { ...made.epoch, startedWallMs: Date.now() } });
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(12_000);
  for (const [fromMs, toMs, text] of [
    [12_300, 13_100, 'over a border'],
    [12_700, 16_200, 'long & <two>\nlines'],
    [14_000, 14_050, 'short'],
  ] as const)
    rig.origin.caption(live, {
      ...{ id: undefined, language: 'en', text, place: {} },
      ...{ start: { wallMs: wall(fromMs) }, end: { wallMs: wall(toMs) } },
    });
  rig.origin.dateRange(live, {
    id: 'd',
    start: { wallMs: wall(12_500) },
    attributes: { 'X-A': 'a,b=' },
  });
  const multivariant = await exchange(rig.url);
  base = new URL(/URI="([^"]*s0\.m3u8)"/.exec(multivariant.body.toString())?.[1] ?? '', rig.url).href;
});
afterAll(() => rig[Symbol.asyncDispose]());

async function load(name: string, query = ''): Promise<ReadPlaylist> {
  const answer = await exchange(new URL(`${name}.m3u8${query}`, base).href);
  expect(answer.status, name + query).toBe(200);
  return readMediaPlaylist(answer.body.toString());
}

async function file(name: string): Promise<string> {
  const answer = await exchange(new URL(name, base).href);
  expect(answer.status, name).toBe(200);
  expect(answer.headers['content-type']).toBe('text/vtt; charset=utf-8');
  expect(answer.headers['cache-control']).toContain('immutable');
  expect(answer.headers['access-control-allow-origin']).toBe('*');
  expect(maxAgeOf(answer)).toBeGreaterThanOrEqual(3_600);
  return answer.body.toString();
}

/** The files of a segment, placed by what the playlists say. */
async function fetched(segment: ReadSegment): Promise<{ segment: PlacedVtt; parts: PlacedVtt[] }> {
  const startMs = (segment.wallMs ?? 0) - wall(0);
  const placed = async (uri: string, fromMs: number, toMs: number): Promise<PlacedVtt> => ({
    ...{ vtt: readVtt(await file(uri)), startMs: fromMs, endMs: toMs },
  });
  const parts: PlacedVtt[] = [];
  let atMs = startMs;
  for (const { uri, durationS } of segment.parts) {
    parts.push(await placed(uri, atMs, atMs + durationS * 1000));
    atMs += durationS * 1000;
  }
  return { segment: await placed(segment.uri ?? '', startMs, startMs + segment.durationS * 1000), parts };
}

test('a player that follows the video and the subtitles part by part breaks no rule and finds none broken', async () => {
  const broken: string[] = [];
  const check = (rule: string, holds: boolean, detail = ''): void => {
    if (!holds && rule !== 'segments have an init segment') broken.push(`${rule}: ${detail}`);
  };
  let before = await load('s0');
  const seen = new Set<string>();
  for (let untilMs = 12_300; untilMs <= 17_000; untilMs += 300) {
    const last = before.segments.at(-1);
    const open = last?.uri === undefined ? last : undefined;
    const query = `?_HLS_msn=${open?.msn ?? (last?.msn ?? 0) + 1}&_HLS_part=${open?.parts.length ?? 0}`;
    const waiting = Promise.all([load('s0', query), load('v0', query), file(before.hints[0] ?? '')]);
    await feed.advanceTo(untilMs);
    await waiting;
    const [subtitles, main] = [await load('s0'), await load('v0')];
    checkPlaylist(subtitles, check);
    checkSuccession(before, subtitles, check);
    checkInStep(main, subtitles, check);
    check('every other playlist is reported', subtitles.reports.length === main.reports.length);
    check(
      'subtitles are reported',
      main.reports.some((report) => report.get('URI') === 's0.m3u8'),
    );
    for (const segment of subtitles.segments) {
      if (segment.uri === undefined || segment.parts.length === 0 || seen.has(segment.uri)) continue;
      seen.add(segment.uri);
      const files = await fetched(segment);
      checkCues(files.segment, files.parts, check);
    }
    before = subtitles;
  }
  expect(broken).toEqual([]);
  expect(seen.size).toBeGreaterThan(8);
});

describe('other readers agree', () => {
  test('hls-parser reads the multivariant playlist', async () => {
    const playlist = parse((await exchange(rig.url)).body.toString());
    if (!(playlist instanceof types.MasterPlaylist)) throw new Error('not a multivariant playlist');
    expect(playlist.variants[0]?.subtitles).toMatchObject([
      { groupId: 'subtitles', language: 'en', name: 'English', autoselect: true, isDefault: false },
    ]);
  });

  test('hls-parser reads the playlists of subtitles and of what has date ranges', async () => {
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    for (const name of ['s0', 'v0', 'a0']) {
      const { body } = await exchange(new URL(`${name}.m3u8`, base).href);
      const playlist = parse(body.toString());
      if (!(playlist instanceof types.MediaPlaylist)) throw new Error('not a media playlist');
      expect(playlist.segments.length).toBeGreaterThan(4);
      const ranges = playlist.segments.flatMap(({ dateRange }) => dateRange ?? []);
      if (name === 's0') expect(ranges).toEqual([]);
      else
        expect(ranges).toMatchObject([
          { id: 'd', start: new Date(wall(12_500)), attributes: { 'X-A': 'a,b=' } },
        ]);
    }
    complaints.mockRestore();
  });

  test('FFmpeg reads the captions of a segment', async () => {
    const subtitles = await load('s0');
    const texts = await Promise.all(
      subtitles.segments.flatMap(({ uri }) => (uri === undefined ? [] : file(uri))),
    );
    const text = texts.find((each) => each.includes('long')) ?? '';
    const { stdout, status } = spawnSync(
      'ffmpeg',
      ['-v', 'error', '-f', 'webvtt', '-i', 'pipe:0', '-f', 'srt', '-'],
      {
        input: text,
        encoding: 'utf8',
      },
    );
    expect(status).toBe(0);
    expect(stdout.replaceAll('\r', '')).toContain('00:00:12,700 --> 00:00:16,200\nlong & <two>\nlines');
  });
});

describe('planted faults are found', () => {
  const good = (): PlacedVtt => ({
    vtt: readVtt(
      'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\na\n00:00:01.000 --> 00:00:02.000\nx\n',
    ),
    ...{ startMs: 1_000, endMs: 1_500 },
  });
  const found = (segment: PlacedVtt, parts: readonly PlacedVtt[]): readonly string[] => {
    const broken: string[] = [];
    checkCues(segment, parts, (rule, holds) => {
      if (!holds) broken.push(rule);
    });
    return broken;
  };

  test('in files', () => {
    expect(found(good(), [good()])).toEqual([]);
    expect(found(good(), [])).toContain('a segment has the cues of its parts');
    expect(found({ ...good(), startMs: 3_000, endMs: 4_000 }, [good()])).toContain(
      'a cue is where it is to be seen',
    );
    const [cue] = good().vtt.cues;
    const moved = { ...good().vtt, cues: cue ? [{ ...cue, endMs: 2_500 }] : [] };
    expect(found({ ...good(), vtt: moved }, [good()])).toContain('a cue is the same wherever it stands');
    expect(found({ ...good(), vtt: { ...good().vtt, mpegTs: 900_000 } }, [good()])).toContain(
      'cue times are media times',
    );
  });

  test.each([
    'WEBVTT\n\na\n00:00:01.000 --> 00:00:02.000\nx\n',
    'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\na\n00:00:02.000 --> 00:00:01.000\nx\n',
    'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\na\n00:00:01.000 --> 00:00:02.000\n<b>x\n',
    'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:01.000 --> 00:00:02.000\nx\n',
  ])('%j is no file of ours', (text) => {
    expect(() => readVtt(text)).toThrow();
  });

  test.each<[string, (playlist: ReadPlaylist) => ReadPlaylist]>([
    ['subtitles reach as far', (one) => ({ ...one, segments: one.segments.slice(0, -1) })],
    [
      'subtitle segments begin with those of the main playlist',
      (one) => ({
        ...one,
        segments: one.segments.map((each) => ({ ...each, wallMs: (each.wallMs ?? 0) + 1 })),
      }),
    ],
    [
      'discontinuities are at the same places',
      (one) => ({ ...one, segments: one.segments.map((each) => ({ ...each, discontinuity: true })) }),
    ],
    [
      'parts are at the same places',
      (one) => ({ ...one, segments: one.segments.map((each) => ({ ...each, parts: each.parts.slice(1) })) }),
    ],
    ['subtitles have the same part target', (one) => ({ ...one, partTargetS: one.partTargetS + 0.1 })],
  ])('%s', async (rule, spoil) => {
    const [main, subtitles] = [await load('v0'), await load('s0')];
    const broken: string[] = [];
    checkInStep(main, spoil(subtitles), (name, holds) => {
      if (!holds) broken.push(name);
    });
    expect(broken).toContain(rule);
  });
});
