import { describe, expect, it } from 'vitest';
import { ladderOf } from '#public/dashboard/ladder.ts';
import { encoderName, madeFrom, qualityFindings } from '#public/dashboard/qualities.ts';
import type { RenditionReport, StreamView } from '#public/shared/api-types.ts';
import { layer, stream } from './fixtures.ts';

type Bridge = NonNullable<StreamView['bridge']>;
type Ladder = NonNullable<Bridge['ladder']>;

function bridge(change: Partial<Bridge> = {}): Bridge {
  const whole = stream().bridge;
  if (whole === null) throw new Error('the fixture has a bridge');
  return { ...whole, ...change };
}

const picture = { width: 640, height: 360, bitrateBps: 500_000 };
const problem = 'its keyframes stand elsewhere';
const ladder: Ladder = {
  name: 'ladder-3',
  rungs: [{ rendition: 'v2', ...picture }],
  withheld: [],
  reason: undefined,
  layers: [
    { rid: 'm', ...picture, rendition: 'v1', problem: undefined },
    { rid: 'l', ...picture, rendition: undefined, problem },
  ],
};

const rendition = (change: Partial<RenditionReport>): RenditionReport => {
  const lengths = { segment: 1, parts: 1, partTargetMs: 217, segmentTargetMs: 2_000 };
  return { rendition: 'v0', kind: 'video', codecs: 'avc1.42c01f', ...picture, ...lengths, ...change };
};

it('says of each layer below the top what it is on LL-HLS, or why it is not there', () => {
  const layers = (['h', 'm', 'l'] as const).map((rid, at) => layer({ rid, width: 1280 >> at }));
  const view = stream({ bridge: bridge({ ladder }), tracks: [{ kind: 'video', codec: 'h264', layers }] });
  expect(ladderOf(view).map(({ name, note }) => [name, note])).toEqual([
    ['H.264 h', ''],
    ['H.264 m', 'LL-HLS: v1, copied'],
    ['H.264 l', `Not on LL-HLS: ${problem}`],
  ]);
});

it('tells renditions that cost nothing from those that are encoded', () => {
  const of = (change: Partial<RenditionReport>, video: Bridge['video'] = 'passthrough'): string =>
    madeFrom(rendition(change), bridge({ ladder, video }));
  expect(of({})).toBe('copied');
  expect(of({}, 'transcode')).toBe('encoded');
  expect(of({ rendition: 'v1' })).toBe('copied, layer m');
  expect(of({ rendition: 'v2' })).toBe('encoded');
  expect(of({ rendition: 'a0', kind: 'audio', codecs: 'mp4a.40.2' })).toBe('encoded');
  expect(of({ rendition: 'a1', kind: 'audio', codecs: 'Opus' })).toBe('copied');
});

describe('what viewers do without', () => {
  it('is nothing where all is as wished', () => {
    const slate = { showing: false };
    expect(qualityFindings(bridge({ ladder, slate, encoder: { name: 'nvenc' } }))).toEqual([]);
  });

  it('is told with its reason', () => {
    const short = { ...ladder, withheld: ['v1'], reason: 'FFmpeg used 3.20 of 3 cores' };
    const encoder = { name: 'software', problem: 'nvenc failed, x264 took over: out of memory' };
    const slate = { showing: false, problem: 'no such file' };
    expect(qualityFindings(bridge({ ladder: short, encoder, slate }))).toEqual([
      {
        level: 'warn',
        what: 'LL-HLS goes without v1.',
        remedy:
          'FFmpeg used 3.20 of 3 cores. They come back when there is room: give FFmpeg more cores, or this stream a shorter ladder.',
      },
      {
        level: 'warn',
        what: 'Video is encoded by x264, not by the hardware.',
        remedy: encoder.problem,
      },
      {
        level: 'warn',
        what: 'The slate cannot be shown: viewers keep the last picture while the publisher is away.',
        remedy: slate.problem,
      },
    ]);
  });
});

it('calls encoders as people do', () => {
  expect(['software', 'qsv', 'new'].map(encoderName)).toEqual(['x264', 'Quick Sync', 'new']);
});
