import { describe, expect, test } from 'vitest';
import { h264KeyframeStart, h264Resolution } from '#src/rtp/keyframe/h264.ts';
import { hex } from '../packets.ts';

/** Parameter sets of an encoder, as it sent them. */
const sps1080 = '6742c028da01e0089f970110000003001000000303c0f1832a';
const sps360 = '6742c01eda0280bfe5c044000003000400000300f03c58ba80';
const spsHigh422Interlaced = '677a001ebcd940a063f1b80880000003008000001e0f8a14cb';
const pps = '68ce0fc8';
const length = (nal: string): string => (nal.length / 2).toString(16).padStart(4, '0');
const stapA = (...nals: string[]): Uint8Array => hex(`78${nals.map((nal) => length(nal) + nal).join('')}`);

describe('keyframe start', () => {
  test.each([
    ['SPS alone, as OBS sends it', hex(sps1080)],
    ['SPS and PPS aggregated, as browsers send them', stapA(sps360, pps)],
    ['IDR slice', hex('65 88843a')],
    ['IDR behind a delimiter in one aggregate', stapA('0910', '6588843a')],
    ['first fragment of an IDR slice', hex('7c 85 88843a')],
  ])('%s', (_name, payload) => {
    expect(h264KeyframeStart(payload)).toBe(true);
  });

  test.each([
    ['PPS alone', hex(pps)],
    ['SEI', hex('06 05ff')],
    ['later slice of an IDR picture', hex('65 0884')],
    ['first fragment of a later slice', hex('7c 85 0884')],
    ['later fragment of an IDR slice', hex('7c 05 8884')],
    ['predicted slice', hex('41 9a21')],
    ['first fragment of a predicted slice', hex('7c 81 9a21')],
    ['aggregate of predicted slices', stapA('419a21', '410a21')],
    ['filler as OBS sends it', hex('0c ffff80')],
    ['aggregate whose length overruns', hex('78 ffff 41')],
  ])('not: %s', (_name, payload) => {
    expect(h264KeyframeStart(payload)).toBe(false);
  });
});

describe('resolution', () => {
  test.each([
    ['cropped 1080p', hex(sps1080), 1920, 1080],
    ['cropped 360p in an aggregate', stapA(pps, sps360), 640, 360],
    ['interlaced 4:2:2 High', hex(spsHigh422Interlaced), 640, 360],
  ])('%s', (_name, payload, width, height) => {
    expect(h264Resolution(payload)).toEqual({ width, height });
  });

  test('scaling matrices and a picture order cycle are passed over', () => {
    expect(h264Resolution(hex('6764001ead4234924924924921087fe0854299a6805005b9'))).toEqual({
      width: 1280,
      height: 720,
    });
  });

  test('a cut parameter set tells nothing', () => {
    expect(h264Resolution(hex(sps1080.slice(0, 16)))).toBeUndefined();
  });

  test('other packets tell nothing', () => {
    expect(h264Resolution(hex('65 88843a'))).toBeUndefined();
    expect(h264Resolution(stapA(pps))).toBeUndefined();
  });
});
