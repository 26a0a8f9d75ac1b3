import HLS from 'hls-parser';
import { describe, expect, test } from 'vitest';
import type { InitLine, Journal } from '#src/record/journal.ts';
import {
  discontinuitiesOf,
  durationOf,
  mediaPlaylistOf,
  multivariantOf,
  playlistsOf,
} from '#src/record/vod.ts';
import { madeJournal } from '#test/kit/record-segments.ts';

/** The journal with the length of each keyframe noted. */
function withPictures(journal: Journal): Journal {
  const segments = journal.segments.map((one) =>
    one.rendition === 'v0' ? { ...one, iFrameBytes: 300 } : one,
  );
  return { ...journal, segments };
}

/** The journal with a further sound that is there in some stretches. */
function withSound(journal: Journal, facts: Partial<InitLine>, stretches: readonly number[]): Journal {
  const { rendition = '' } = facts;
  const inits = journal.inits
    .filter((init) => init.rendition === 'a0' && stretches.includes(init.stretch))
    .map((init) => ({ ...init, ...facts }));
  const segments = journal.segments
    .filter((one) => one.rendition === 'a0' && stretches.includes(one.stretch))
    .map((one) => ({ ...one, rendition, bytes: 500 }));
  return {
    ...journal,
    inits: [...journal.inits, ...inits],
    segments: [...journal.segments, ...segments],
  };
}

describe('the media playlist of a recording', () => {
  test('names byte ranges, one map a stretch, and ends', () => {
    const text = mediaPlaylistOf(madeJournal([2, 1]), 'v0') ?? '';
    expect(text.split('\n').filter((line) => !line.startsWith('#EXT-X-PROGRAM-DATE-TIME'))).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-TARGETDURATION:8',
      '#EXT-X-PLAYLIST-TYPE:EVENT',
      '#EXT-X-MEDIA-SEQUENCE:0',
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

  test.each(['v0', 'a0', 'v0i'])(
    'of %s only ever gets more lines, its end the last (section 6.2.1)',
    (name) => {
      const growing = [[1], [3], [3, 1]].map((stretches) => withPictures(madeJournal(stretches, false)));
      const ended = withPictures(madeJournal([3, 1]));
      const texts = [...growing, ended].map((journal) => mediaPlaylistOf(journal, name) ?? '');
      for (const [index, text] of texts.entries()) {
        expect(text).toContain('#EXT-X-TARGETDURATION:8\n#EXT-X-PLAYLIST-TYPE:EVENT\n');
        expect(text.includes('#EXT-X-ENDLIST')).toBe(index === texts.length - 1);
        expect(text.length).toBeGreaterThan((texts[index - 1] ?? '').length);
        expect(text.startsWith(texts[index - 1] ?? '')).toBe(true);
      }
      expect(texts.at(-1)).toBe(`${texts.at(-2) ?? ''}#EXT-X-ENDLIST\n`);
    },
  );

  test('of keyframes names the front of each segment, and a gap where there is none (section 4.4.3.6)', () => {
    const made = withPictures(madeJournal([2, 1]));
    const segments = made.segments.map((one, index) =>
      index === 1 ? { ...one, independent: false, iFrameBytes: undefined } : one,
    );
    const text = mediaPlaylistOf({ ...made, segments }, 'v0i') ?? '';
    expect(text.split('\n').filter((line) => !line.startsWith('#EXT-X-PROGRAM-DATE-TIME'))).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-TARGETDURATION:8',
      '#EXT-X-PLAYLIST-TYPE:EVENT',
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-I-FRAMES-ONLY',
      '#EXT-X-MAP:URI="v0_1.mp4",BYTERANGE="100@0"',
      '#EXTINF:2.00000,',
      '#EXT-X-BYTERANGE:300@100',
      'v0_1.mp4',
      '#EXT-X-GAP',
      '#EXTINF:2.00000,',
      'v0_1.mp4',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="v0_2.mp4",BYTERANGE="100@0"',
      '#EXTINF:2.00000,',
      '#EXT-X-BYTERANGE:300@100',
      'v0_2.mp4',
      '#EXT-X-ENDLIST',
      '',
    ]);
    expect(mediaPlaylistOf(made, 'a0i')).toBeUndefined();
    // One from before keyframes were noted.
    expect(mediaPlaylistOf(madeJournal([2]), 'v0i')).toBeUndefined();
    expect(multivariantOf(madeJournal([2]))).not.toContain('I-FRAME');
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

  test('offers the picture with each codec of the sound, AAC first, and its keyframes last', () => {
    const opus = { rendition: 'a1', codecs: 'Opus' };
    const text = multivariantOf(withSound(withPictures(madeJournal([2, 1])), opus, [1, 2])) ?? '';
    expect(text.split('\n').slice(3)).toEqual([
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a0.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="opus",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a1.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=8000,AVERAGE-BANDWIDTH=8000,CODECS="avc1.42c01e,mp4a.40.2",RESOLUTION=640x360,AUDIO="audio"',
      'v0.m3u8',
      '#EXT-X-STREAM-INF:BANDWIDTH=6000,AVERAGE-BANDWIDTH=6000,CODECS="avc1.42c01e,Opus",RESOLUTION=640x360,AUDIO="opus"',
      'v0.m3u8',
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1200,AVERAGE-BANDWIDTH=1200,CODECS="avc1.42c01e",RESOLUTION=640x360,URI="v0i.m3u8"',
      '',
    ]);
    const parsed = HLS.parse(text) as HLS.types.MasterPlaylist;
    expect(parsed.variants.map((variant) => variant.audio.map(({ uri }) => uri))).toEqual([
      ['a0.m3u8'],
      ['a1.m3u8'],
      [],
    ]);
  });

  test('says that segments stand alone when it is complete and all of them do', () => {
    const tag = '#EXT-X-INDEPENDENT-SEGMENTS';
    const made = madeJournal([3]);
    const segments = made.segments.map((one, index) => (index === 1 ? { ...one, independent: false } : one));
    expect(multivariantOf(made)).toContain(tag);
    expect(multivariantOf({ ...made, segments })).not.toContain(tag);
    // What is said of video while it grows might have to be taken back.
    expect(multivariantOf(madeJournal([3], false))).not.toContain(tag);
    expect(mediaPlaylistOf(made, 'v0')).not.toContain(tag);
    expect(mediaPlaylistOf(madeJournal([1], false), 'a0')).toContain(tag);
  });

  test('leaves out a codec of the sound that is not there all the time', () => {
    const text = multivariantOf(withSound(madeJournal([2, 1]), { rendition: 'a1', codecs: 'Opus' }, [2]));
    expect(text).not.toContain('Opus');
    expect(text).toContain('a0.m3u8');
  });

  test('needs of the network what the largest sound of a group needs', () => {
    const second = { rendition: 'a2', sound: { index: 1, name: 'Commentary', language: 'en' } };
    const journal = withSound(madeJournal([1]), second, [1]);
    const segments = journal.segments.map((one) => (one.rendition === 'a2' ? { ...one, bytes: 2_000 } : one));
    expect(multivariantOf({ ...journal, segments })).toContain('BANDWIDTH=12000,AVERAGE-BANDWIDTH=12000,');
  });

  test('is among all playlists that a store gets', () => {
    const journal = withPictures(madeJournal([1]));
    expect([...playlistsOf(journal).keys()]).toEqual(['index.m3u8', 'a0.m3u8', 'v0.m3u8', 'v0i.m3u8']);
    expect(playlistsOf(madeJournal([0])).size).toBe(0);
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
