import { describe, expect, it } from 'vitest';
import {
  formatBitrate,
  formatBytes,
  formatCodec,
  formatCount,
  formatDuration,
  formatLatency,
  formatRatio,
  plural,
} from '#public/shared/format.ts';

const cases: readonly [string, (value: number) => string, readonly (readonly [number, string])[]][] = [
  [
    'bitrates',
    formatBitrate,
    [
      [0, '0 kbit/s'],
      [Number.NaN, '0 kbit/s'],
      [200, '1 kbit/s'],
      [96_400, '96 kbit/s'],
      [999_600, '1.0 Mbit/s'],
      [2_440_000, '2.4 Mbit/s'],
      [250_000_000, '250 Mbit/s'],
      [1.5e9, '1.5 Gbit/s'],
    ],
  ],
  [
    'bytes',
    formatBytes,
    [
      [0, '0 B'],
      [999, '999 B'],
      [12_340, '12.3 kB'],
      [999_600, '1.0 MB'],
      [8.2e10, '82.0 GB'],
      [4e15, '4000 TB'],
    ],
  ],
  [
    'latencies',
    formatLatency,
    [
      [-3, '0 ms'],
      [84.4, '84 ms'],
      [999.6, '1.00 s'],
      [1_240, '1.24 s'],
      [12_340, '12.3 s'],
      [Number.NaN, 'unknown'],
    ],
  ],
  [
    'durations',
    formatDuration,
    [
      [-5, '0 s'],
      [59_900, '59 s'],
      [200_000, '3 min 20 s'],
      [47 * 60_000, '47 min'],
      [3_600_000 * 5 + 60_000, '5 h 1 min'],
      [86_400_000 * 2 + 3_600_000 * 4, '2 d 4 h'],
    ],
  ],
  [
    'ratios',
    formatRatio,
    [
      [0, '0 %'],
      [0.0004, '< 0.1 %'],
      [0.003, '0.3 %'],
      [0.25, '25 %'],
    ],
  ],
];

describe.each(cases)('%s', (_name, format, table) => {
  it.each(table)('%d is %s', (value, words) => {
    expect(format(value)).toBe(words);
  });
});

it('groups thousands and counts in words', () => {
  expect(formatCount(1_234_567)).toBe('1\u202f234\u202f567');
  expect(plural(1, 'viewer')).toBe('1 viewer');
  expect(plural(0, 'viewer')).toBe('0 viewers');
  expect(plural(2, 'viewer loses', 'viewers lose')).toBe('2 viewers lose');
});

it('names codecs from every spelling', () => {
  expect(
    ['h264', 'video/H264', 'avc1.64001f', 'mp4a.40.2', 'audio/opus', 'VP8', 'x-new'].map(formatCodec),
  ).toEqual(['H.264', 'H.264', 'H.264', 'AAC', 'Opus', 'VP8', 'x-new']);
});
