import { expect, test } from 'vitest';
import { BitReader, withoutEmulation } from '#src/rtp/keyframe/bits.ts';
import { plausible } from '#src/rtp/keyframe/resolution.ts';
import { hex } from '../packets.ts';

test('bits come most significant first, up to 32 of them', () => {
  const bits = new BitReader(hex('a5 ffffffff 80'), 0);
  expect([bits.bits(4), bits.bits(4), bits.bits(32), bits.flag()]).toEqual([10, 5, 0xffff_ffff, true]);
  expect(bits.overrun).toBe(false);
});

test('Exp-Golomb codes (H.264 table 9-2)', () => {
  // 1 010 011 00100 00101
  const codes = new BitReader(Uint8Array.of(0b1010_0110, 0b0100_0010, 0b1000_0000), 0);
  expect([1, 2, 3, 4, 5].map(() => codes.exponential())).toEqual([0, 1, 2, 3, 4]);
  const signed = new BitReader(Uint8Array.of(0b1010_0110, 0b0100_0010, 0b1000_0000), 0);
  expect([1, 2, 3, 4, 5].map(() => signed.signedExponential())).toEqual([-0, 1, -1, 2, -2]);
});

test('beyond the end are zeros, and the reader says so', () => {
  const bits = new BitReader(hex('ff'), 0);
  expect(bits.bits(12)).toBe(0xff0);
  expect(bits.overrun).toBe(true);
  const codes = new BitReader(new Uint8Array(20), 0);
  expect(codes.exponential()).toBe(0);
  expect(codes.overrun).toBe(true);
  const skipped = new BitReader(hex('ff'), 0);
  skipped.skip(9);
  expect(skipped.overrun).toBe(true);
});

test('emulation prevention bytes go, others stay', () => {
  expect(withoutEmulation(hex('ff 000003 01 000003 000003 04 0003'), 1, 14)).toEqual(
    hex('0000 01 0000 0000 04 0003'),
  );
});

test('sizes that no encoder makes are none', () => {
  expect(plausible(0, 100)).toBeUndefined();
  expect(plausible(100, 20_000)).toBeUndefined();
  expect(plausible(16, 16)).toEqual({ width: 16, height: 16 });
});
