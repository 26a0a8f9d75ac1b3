import { expect, test } from 'vitest';
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
