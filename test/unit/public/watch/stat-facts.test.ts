import { expect, it } from 'vitest';
import type { TierStats } from '#public/player/tier.ts';
import { statFacts } from '#public/watch/stat-facts.ts';

const unknown: TierStats = {
  tier: 'broadcast',
  latency: undefined,
  width: 0,
  height: 0,
  frameRate: undefined,
  bitrateBps: undefined,
  videoCodec: undefined,
  audioCodec: undefined,
  framesDropped: undefined,
  stalls: 0,
  bufferMs: undefined,
  more: [],
};

it('leaves out what is not known', () => {
  expect(statFacts(unknown)).toEqual([
    ['Latency', 'measuring…', 'latency'],
    ['Transport', 'Low-Latency HLS'],
    ['Standstills', '0'],
  ]);
});

it('says "about" of a latency and names everything else in people’s units', () => {
  const facts = statFacts({
    ...unknown,
    tier: 'interactive',
    latency: { ms: 84, how: '' },
    width: 1280,
    height: 720,
    frameRate: 29.97,
    bitrateBps: 2_000_000,
    videoCodec: 'video/H264',
    audioCodec: 'audio/opus',
    framesDropped: 3,
    bufferMs: 40,
    more: [['Round trip', '4 ms']],
  });
  expect(new Map(facts.map(([label, value]) => [label, value]))).toEqual(
    new Map([
      ['Latency', 'about 84 ms'],
      ['Transport', 'WebRTC (WHEP)'],
      ['Picture', '1280 × 720'],
      ['Frame rate', '30 per second'],
      ['Bitrate', '2.0 Mbit/s'],
      ['Codecs', 'H.264 + Opus'],
      ['Ready ahead', '40 ms'],
      ['Standstills', '0'],
      ['Frames dropped', '3'],
      ['Round trip', '4 ms'],
    ]),
  );
});
