import HLS from 'hls-parser';
import { describe, expect, test } from 'vitest';
import type { Journal } from '#src/record/journal.ts';
import { discontinuitiesOf, durationOf, mediaPlaylistOf, multivariantOf } from '#src/record/vod.ts';
import { madeJournal } from '#test/kit/record-segments.ts';

describe('the media playlist of a recording', () => {
  test('names byte ranges, one map a stretch, and ends', () => {
    const text = mediaPlaylistOf(madeJournal([2, 1]), 'v0') ?? '';
    expect(text.split('\n').filter((line) => !line.startsWith('#EXT-X-PROGRAM-DATE-TIME'))).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-TARGETDURATION:2',
      '#EXT-X-PLAYLIST-TYPE:VOD',
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-MAP:URI="v0_1.mp4",BYTERANGE="100@0"',
      '#EXTINF:2.00000,',
      '#EXT-X-BYTERANGE:1000@100',
      'v0_1.mp4',
      '#EXTINF:2.00000,',
      '#EXT-X-BYTERANGE:1000@1100',
      'v0_1.mp4',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="v0_2.mp4",BYTERANGE="100@0"',
      '#EXTINF:2.00000,',
      '#EXT-X-BYTERANGE:1000@100',
      'v0_2.mp4',
      '#EXT-X-ENDLIST',
      '',
    ]);
    const parsed = HLS.parse(text) as HLS.types.MediaPlaylist;
    expect(parsed.segments.map((segment) => segment.byterange)).toEqual([
      { length: 1000, offset: 100 },
      { length: 1000, offset: 1100 },
      { length: 1000, offset: 100 },
    ]);
    expect(parsed.segments[2]?.programDateTime).toEqual(new Date(1_700_000_004_000));
  });

  test('grows as an event with a target duration that does not change', () => {
    const texts = [[1], [3], [3, 1]].map(
      (stretches) => mediaPlaylistOf(madeJournal(stretches, false), 'v0') ?? '',
    );
    for (const [index, text] of texts.entries()) {
      expect(text).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
      expect(text).toContain('#EXT-X-TARGETDURATION:8\n');
      expect(text).not.toContain('ENDLIST');
      expect(text.startsWith(texts[index - 1] ?? '')).toBe(true);
    }
  });

  test('steps over what has no media', () => {
    const journal = madeJournal([2]);
    const segments = journal.segments.map((segment, index) =>
      index === 1 ? { ...segment, gap: true, bytes: 0 } : segment,
    );
    const text = mediaPlaylistOf({ ...journal, segments }, 'v0') ?? '';
    expect(text).toContain('#EXT-X-GAP\n#EXTINF:2.00000,\nv0_1.mp4\n');
  });

  test('is there for renditions of the recording only', () => {
    expect(mediaPlaylistOf(madeJournal([1]), 'v7')).toBeUndefined();
  });
});

describe('the multivariant playlist of a recording', () => {
  test('tells what each rendition is and needs', () => {
    const parsed = HLS.parse(multivariantOf(madeJournal([2])) ?? '') as HLS.types.MasterPlaylist;
    expect(parsed.variants).toHaveLength(1);
    expect(parsed.variants[0]).toMatchObject({
      uri: 'v0.m3u8',
      bandwidth: 8_000,
      averageBandwidth: 8_000,
      codecs: 'avc1.42c01e,mp4a.40.2',
      resolution: { width: 640, height: 360 },
    });
    expect(parsed.variants[0]?.audio[0]).toMatchObject({ uri: 'a0.m3u8', channels: '2' });
  });

  test('of sound alone has the sound as its variant', () => {
    const journal = madeJournal([2]);
    const audio = <T extends { readonly rendition: string }>(lines: readonly T[]): readonly T[] =>
      lines.filter(({ rendition }) => rendition === 'a0');
    const text = multivariantOf({
      ...journal,
      inits: audio(journal.inits),
      segments: audio(journal.segments),
    });
    expect(text).toContain('CODECS="mp4a.40.2"\na0.m3u8');
    expect(text).not.toContain('EXT-X-MEDIA');
  });

  test('is not there before the first segment', () => {
    expect(multivariantOf(madeJournal([0]))).toBeUndefined();
  });
});

test('sounds are a group, but for those that are not there all the time', () => {
  const made = madeJournal([2, 1]);
  const sound = (rendition: string, index: number, stretches: readonly number[]): Journal => ({
    ...made,
    inits: stretches.map((stretch) => ({
      ...{ t: 'init', rendition, stretch, kind: 'audio', codecs: 'mp4a.40.2', width: 0, height: 0 },
      ...{ channels: 2, bytes: 100, sound: { index, name: `S${index}`, language: index === 2 ? 'de' : '' } },
    })),
    segments: made.segments.flatMap((one) =>
      one.rendition === 'v0' && stretches.includes(one.stretch) ? [{ ...one, rendition }] : [],
    ),
  });
  const sounds = [
    sound('a0', 0, [1, 2]),
    sound('a2', 1, [2]),
    sound('a4', 2, [1, 2]),
    sound('a6', 3, [1, 2]),
  ];
  const videos = made.inits.filter(({ kind }) => kind === 'video');
  const journal: Journal = {
    ...made,
    inits: [...videos, ...sounds.flatMap(({ inits }) => inits)],
    segments: [
      ...made.segments.filter(({ rendition }) => rendition === 'v0'),
      ...sounds.flatMap(({ segments }) => segments),
    ],
  };
  expect(multivariantOf(journal)?.match(/^#EXT-X-MEDIA.*$/gm)).toEqual([
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="S0",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a0.m3u8"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="S2",LANGUAGE="de",AUTOSELECT=YES,CHANNELS="2",URI="a4.m3u8"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="S3",CHANNELS="2",URI="a6.m3u8"',
  ]);
});

test('length and breaks are those of the longest rendition', () => {
  expect(durationOf(madeJournal([2, 3]))).toBe(10_000);
  expect(discontinuitiesOf(madeJournal([2, 3]))).toBe(1);
  expect([durationOf(madeJournal([])), discontinuitiesOf(madeJournal([]))]).toEqual([0, 0]);
});
