import { describe, expect, test } from 'vitest';
import { parseH264Sps } from '#src/rtp/keyframe/h264-sps.ts';
import { hex } from '../packets.ts';

const eightBits = { bitDepthLuma: 8, bitDepthChroma: 8 } as const;

describe('what encoders wrote', () => {
  test.each([
    {
      what: 'Constrained Baseline, cropped from 1088 lines',
      nal: '6742c028da01e0089f970110000003001000000303c0f1832a',
      says: {
        ...{ profile: 66, constraints: 0xc0, level: 40, chromaFormat: 1, width: 1920, height: 1080 },
        ...{ framesOnly: true, pictureOrder: { type: 2 }, frameRateHz: 30, reorderFrames: 0 },
      },
    },
    {
      what: 'High 4:2:2, interlaced',
      nal: '677a001ebcd940a063f1b80880000003008000001e0f8a14cb',
      says: {
        ...{ profile: 122, constraints: 0, level: 30, chromaFormat: 2, width: 640, height: 360 },
        ...{ framesOnly: false, pictureOrder: { type: 0, lsbBits: 6 }, frameRateHz: 30, reorderFrames: 2 },
      },
    },
    {
      what: 'High, with scaling matrices',
      nal: '6764001ead4234924924924921087fe0854299a6805005b9',
      says: {
        ...{ profile: 100, constraints: 0, level: 30, chromaFormat: 1, width: 1280, height: 720 },
        ...{ pictureOrder: { type: 1 }, frameRateHz: undefined, reorderFrames: undefined },
      },
    },
  ])('$what', ({ nal, says }) => {
    expect(parseH264Sps(hex(nal))).toMatchObject({ ...eightBits, separateColours: false, ...says });
  });
});

test('a set that is cut off before its size tells nothing, wherever it is cut', () => {
  const nal = hex('6742c028da01e0089f970110');
  for (let end = 0; end <= 9; end += 1) expect(parseH264Sps(nal.subarray(0, end))).toBeUndefined();
});
