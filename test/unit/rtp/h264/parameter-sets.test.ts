import { expect, test } from 'vitest';
import { H264ParameterSets } from '#src/rtp/h264/parameter-sets.ts';
import { readSliceHeader, sliceParameterSet } from '#src/rtp/h264/slice.ts';
import { hex } from '../packets.ts';

const sequence = hex('6742c028da01e0089f970110000003001000000303c0f1832a');
const picture = hex('68ce0fc8');

test('a keyframe can be decoded once both sets are known', () => {
  const sets = new H264ParameterSets();
  expect(sets.complete).toBe(false);
  expect(sets.picture(picture)).toBe(true);
  expect([sets.complete, sets.of(0)]).toEqual([false, undefined]);
  expect(sets.sequence(sequence)?.width).toBe(1920);
  expect([sets.complete, sets.of(0)?.level, sets.of(1)]).toEqual([true, 40, undefined]);
});

test('damaged sets are refused', () => {
  const sets = new H264ParameterSets();
  expect(sets.sequence(sequence.subarray(0, 5))).toBeUndefined();
  expect(sets.picture(Uint8Array.of(0x68))).toBe(false);
  expect(sets.complete).toBe(false);
});

test('a slice header is read up to the picture order, and a damaged one is not', () => {
  const sets = new H264ParameterSets();
  const sps = sets.sequence(sequence);
  if (!sps) throw new Error('not read');
  const idr = hex('6588840a2628a000');
  expect(sliceParameterSet(idr, 1)).toBe(0);
  expect(readSliceHeader({ bytes: idr, bodyAt: 1, idr: true }, sps)).toMatchObject({
    bidirectional: false,
    frameNumber: 0,
    field: false,
  });
  expect(sliceParameterSet(Uint8Array.of(0x65), 1)).toBeUndefined();
  expect(readSliceHeader({ bytes: Uint8Array.of(0x65), bodyAt: 1, idr: true }, sps)).toBeUndefined();
});
