import { describe, expect, test } from 'vitest';
import {
  sequenceDistance,
  SequenceUnwrapper,
  timestampDistance,
  TimestampUnwrapper,
} from '#src/rtp/sequence.ts';

test('distances are signed and wrap', () => {
  expect(sequenceDistance(65_535, 0)).toBe(1);
  expect(sequenceDistance(0, 65_535)).toBe(-1);
  expect(sequenceDistance(0x3_0005, 3)).toBe(-2);
  expect(timestampDistance(0xffff_ffff, 9)).toBe(10);
  expect(timestampDistance(9, 0xffff_ffff)).toBe(-10);
});

describe('SequenceUnwrapper', () => {
  test('goes on over the wrap, and back for late packets', () => {
    const unwrapper = new SequenceUnwrapper();
    expect(unwrapper.highest).toBe(-1);
    const first = unwrapper.unwrap(65_534);
    expect(first).toBe(65_536 + 65_534);
    expect(unwrapper.unwrap(1)).toBe(first + 3);
    expect(unwrapper.unwrap(65_535)).toBe(first + 1);
    expect(unwrapper.unwrap(0)).toBe(first + 2);
    expect(unwrapper.highest).toBe(first + 3);
  });

  test('late packets before the very first never become negative', () => {
    const unwrapper = new SequenceUnwrapper();
    unwrapper.unwrap(0);
    expect(unwrapper.unwrap(32_769)).toBe(65_536 - 32_767);
    expect(unwrapper.unwrap(32_768)).toBeGreaterThanOrEqual(0);
  });
});

test('TimestampUnwrapper goes on over the wrap and back', () => {
  const unwrapper = new TimestampUnwrapper();
  const first = unwrapper.unwrap(0xffff_fff0);
  expect(unwrapper.unwrap(0x10)).toBe(first + 0x20);
  expect(unwrapper.unwrap(0xffff_fff8)).toBe(first + 8);
  expect(unwrapper.highest).toBe(first + 0x20);
  expect(first).toBeGreaterThanOrEqual(2 ** 32);
});
