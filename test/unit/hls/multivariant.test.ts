import { parse, types } from 'hls-parser';
import { describe, expect, test } from 'vitest';
import type { InitFacts } from '#src/hls/init.ts';
import { renderMultivariant, type VariantFacts } from '#src/hls/multivariant.ts';

const facts: InitFacts = {
  kind: 'video',
  trackId: 1,
  timescale: 90_000,
  codecs: 'avc1.42c01f',
  width: 1280,
  height: 720,
  channels: 0,
  defaults: { durationTicks: 0, sizeBytes: 0, flags: 0 },
};
const video: VariantFacts = {
  uri: 'x/v0.m3u8',
  facts,
  peakBps: 3_000_000,
  averageBps: 2_500_000,
  frameRate: 30.0003,
};
const audio: VariantFacts = {
  uri: 'x/a0.m3u8',
  facts: { ...facts, kind: 'audio', codecs: 'mp4a.40.2', width: 0, height: 0, channels: 2 },
  peakBps: 130_000,
  averageBps: 128_000,
  frameRate: 0,
};

test('video with audio', () => {
  expect(renderMultivariant([audio, video])).toBe(`#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="x/a0.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3130000,AVERAGE-BANDWIDTH=2628000,CODECS="avc1.42c01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio",CLOSED-CAPTIONS=NONE
x/v0.m3u8
`);
});

test('video alone, audio alone', () => {
  expect(renderMultivariant([video])).not.toContain('AUDIO');
  expect(renderMultivariant([audio])).toBe(`#EXTM3U
#EXT-X-VERSION:9
#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2",CLOSED-CAPTIONS=NONE
x/a0.m3u8
`);
});

test('Opus is a group of its own, behind AAC: who cannot play it leaves its variants out', () => {
  const copied = {
    ...audio,
    ...{ uri: 'x/a1.m3u8', facts: { ...audio.facts, codecs: 'Opus' }, peakBps: 70_000, averageBps: 64_000 },
  };
  expect(renderMultivariant([copied, audio, video])).toBe(`#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="x/a0.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3130000,AVERAGE-BANDWIDTH=2628000,CODECS="avc1.42c01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio",CLOSED-CAPTIONS=NONE
x/v0.m3u8
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="opus",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="x/a1.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3070000,AVERAGE-BANDWIDTH=2564000,CODECS="avc1.42c01f,Opus",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="opus",CLOSED-CAPTIONS=NONE
x/v0.m3u8
`);
  expect(renderMultivariant([copied, audio]).match(/^x\/.*$/gm)).toEqual(['x/a0.m3u8', 'x/a1.m3u8']);
});

test('sound alone as the last choice, where it is wished', () => {
  const text = renderMultivariant([video, audio], { audioOnly: true });
  expect(text.trimEnd().split('\n').slice(-2)).toEqual([
    '#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2",CLOSED-CAPTIONS=NONE',
    'x/a0.m3u8',
  ]);
  expect(renderMultivariant([video], { audioOnly: true })).not.toContain('mp4a');
});

test('two qualities share the audio, which is listed once', () => {
  const small = { ...video, uri: 'x/v1.m3u8', peakBps: 500_000, averageBps: 400_000 };
  const text = renderMultivariant([video, small, audio]);
  expect(text.match(/#EXT-X-STREAM-INF/g)).toHaveLength(2);
  expect(text.match(/#EXT-X-MEDIA/g)).toHaveLength(1);
});

const iFrames = {
  uri: 'x/v0i.m3u8',
  entry: { as: 'i-frames', of: 'v0', peakBps: 90_000, averageBps: 80_000 },
} as const;
const pathways = [
  { id: 'near', base: '' },
  { id: 'far.1', base: 'https://far.example/hls/live/' },
];
const subtitles = {
  uri: 'x/s0.m3u8',
  entry: { as: 'subtitles', language: 'de', name: 'Deutsch', isDefault: false },
} as const;

test('pictures for seeking stand behind the variants, and say nothing of sound and rate', () => {
  const text = renderMultivariant([audio, video], { extras: [iFrames] });
  expect(text.trimEnd().split('\n').at(-1)).toBe(
    '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,AVERAGE-BANDWIDTH=80000,URI="x/v0i.m3u8",CODECS="avc1.42c01f",RESOLUTION=1280x720',
  );
});

test('pictures of a rung that is no choice now are none either', () => {
  const gone = { ...iFrames, entry: { ...iFrames.entry, of: 'v3' } };
  expect(renderMultivariant([audio, video], { extras: [gone] })).not.toContain('I-FRAME');
});

test('where new players begin', () => {
  expect(renderMultivariant([video], { startBehindMs: 12_500 })).toContain(
    '#EXT-X-START:TIME-OFFSET=-12.5\n',
  );
  expect(renderMultivariant([video])).not.toContain('START');
});

describe('with steering', () => {
  const steering = { manifestUri: 'steering.json', pathways };
  const extras = [iFrames, subtitles];
  const text = renderMultivariant([audio, video], { extras, steering });

  test('everything comes once for each pathway, with groups of its own', () => {
    expect(text.replaceAll(/BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+/g, 'RATE')).toBe(`#EXTM3U
#EXT-X-VERSION:9
#EXT-X-CONTENT-STEERING:SERVER-URI="steering.json",PATHWAY-ID="near"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-near",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="x/a0.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles-near",NAME="Deutsch",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,LANGUAGE="de",URI="x/s0.m3u8"
#EXT-X-STREAM-INF:RATE,CODECS="avc1.42c01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio-near",SUBTITLES="subtitles-near",STABLE-VARIANT-ID="v0-a0",PATHWAY-ID="near",CLOSED-CAPTIONS=NONE
x/v0.m3u8
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-far.1",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="https://far.example/hls/live/x/a0.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles-far.1",NAME="Deutsch",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,LANGUAGE="de",URI="https://far.example/hls/live/x/s0.m3u8"
#EXT-X-STREAM-INF:RATE,CODECS="avc1.42c01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio-far.1",SUBTITLES="subtitles-far.1",STABLE-VARIANT-ID="v0-a0",PATHWAY-ID="far.1",CLOSED-CAPTIONS=NONE
https://far.example/hls/live/x/v0.m3u8
#EXT-X-I-FRAME-STREAM-INF:RATE,URI="x/v0i.m3u8",CODECS="avc1.42c01f",RESOLUTION=1280x720,STABLE-VARIANT-ID="v0i",PATHWAY-ID="near"
#EXT-X-I-FRAME-STREAM-INF:RATE,URI="https://far.example/hls/live/x/v0i.m3u8",CODECS="avc1.42c01f",RESOLUTION=1280x720,STABLE-VARIANT-ID="v0i",PATHWAY-ID="far.1"
`);
  });

  test('hls-parser reads variants and groups out of it', () => {
    const playlist = parse(text);
    if (!(playlist instanceof types.MasterPlaylist)) throw new Error('not a multivariant playlist');
    const groups = playlist.variants.slice(0, 2).map((variant) => variant.audio[0]?.groupId);
    expect(groups).toEqual(['audio-near', 'audio-far.1']);
    expect(playlist.variants.map(({ isIFrameOnly }) => isIFrameOnly)).toEqual([false, false, true, true]);
    expect(playlist.variants[1]?.audio[0]?.uri).toBe('https://far.example/hls/live/x/a0.m3u8');
  });
});

describe('several sounds', () => {
  const sounds = [
    { index: 0, name: 'Stadium', language: 'en' },
    { index: 1, name: 'Kommentar', language: 'de' },
    { index: 2, name: 'Director', language: 'en' },
    { index: 3, name: 'Sound 4', language: '' },
  ];
  const aac = sounds.map((sound) => ({
    ...audio,
    ...{ uri: `x/a${2 * sound.index}.m3u8`, peakBps: 130_000 + sound.index, sound },
  }));
  const copied = sounds.map((sound) => ({
    ...audio,
    ...{ uri: `x/a${2 * sound.index + 1}.m3u8`, facts: { ...audio.facts, codecs: 'Opus' }, sound },
  }));

  test('are a group of which the first is the default, and one of each language is chosen by itself', () => {
    expect(renderMultivariant([...aac.toReversed(), video])).toBe(`#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Stadium",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="en",CHANNELS="2",URI="x/a0.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Kommentar",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="de",CHANNELS="2",URI="x/a2.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Director",DEFAULT=NO,AUTOSELECT=NO,LANGUAGE="en",CHANNELS="2",URI="x/a4.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Sound 4",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="x/a6.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3130003,AVERAGE-BANDWIDTH=2628000,CODECS="avc1.42c01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio",CLOSED-CAPTIONS=NONE
x/v0.m3u8
`);
  });

  test('are the same in both codecs, with a variant for each codec and not for each sound', () => {
    const playlist = parse(renderMultivariant([video, ...copied, ...aac]));
    if (!(playlist instanceof types.MasterPlaylist)) throw new Error('no multivariant playlist');
    expect(playlist.variants).toHaveLength(2);
    const named = playlist.variants.map(({ audio: group }) =>
      group.map(({ name, language }) => [name, language]),
    );
    expect(named[0]).toHaveLength(4);
    expect(named[1]).toEqual(named[0]);
    expect(playlist.variants[1]?.audio.map(({ groupId, uri }) => [groupId, uri])).toEqual(
      [1, 3, 5, 7].map((number) => ['opus', `x/a${number}.m3u8`]),
    );
  });

  test('can be chosen without pictures, too', () => {
    const lines = renderMultivariant(aac.slice(0, 2)).split('\n');
    expect(lines.filter((line) => line.startsWith('#EXT-X-MEDIA'))).toHaveLength(2);
    expect(lines.slice(-3)).toEqual([
      '#EXT-X-STREAM-INF:BANDWIDTH=130001,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2",AUDIO="audio",CLOSED-CAPTIONS=NONE',
      'x/a0.m3u8',
      '',
    ]);
    expect(renderMultivariant([...aac, video], { audioOnly: true })).toMatch(
      /CODECS="mp4a.40.2",AUDIO="audio",CLOSED-CAPTIONS=NONE\nx\/a0.m3u8\n$/,
    );
  });

  test('no two of a group have one name, whoever gave it', () => {
    const twins = aac.slice(0, 2).map((one) => ({ ...one, sound: { ...one.sound, name: 'main' } }));
    const media = renderMultivariant([...twins, video]).match(/^#EXT-X-MEDIA.*$/gm);
    expect(media).toHaveLength(1);
    expect(media?.[0]).toContain('x/a0.m3u8');
  });
});

test('names are in the form of Unicode that playlists have', () => {
  const sound = { index: 0, name: 'Re\u0301gie', language: 'fr' };
  const text = renderMultivariant([video, { ...audio, sound }]);
  expect(text).toContain('NAME="R\u00e9gie"');
  expect(text).toBe(text.normalize('NFC'));
});
