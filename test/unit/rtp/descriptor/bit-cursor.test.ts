import { expect, test } from 'vitest';
import { BitCursor } from '#src/rtp/descriptor/bit-cursor.ts';

const cursor = new BitCursor();

test('bits come most significant first, across bytes', () => {
  cursor.open(Uint8Array.of(0xff, 0b1010_0110, 0x0f, 0xf0), 1, 4);
  expect([cursor.flag(), cursor.bits(3), cursor.bits(8), cursor.bits(0)]).toEqual([true, 2, 0x60, 0]);
  expect(cursor.bits(12)).toBe(0xff0);
  expect(cursor.overrun).toBe(false);
});

test('beyond the end there are zeros, and it says so', () => {
  cursor.open(Uint8Array.of(0xff), 0, 9);
  expect(cursor.bits(9)).toBe(0);
  expect(cursor.overrun).toBe(true);
  cursor.open(Uint8Array.of(0xff), 0, 1);
  expect([cursor.bits(8), cursor.overrun]).toEqual([255, false]);
});

test('numbers below a count take as few bits as that allows', () => {
  // ns(5): 0, 1 and 2 in two bits, 3 and 4 in three.
  cursor.open(Uint8Array.of(0b0001_1011, 0b0111_0000), 0, 2);
  expect([1, 2, 3, 4, 5].map(() => cursor.below(5))).toEqual([0, 1, 2, 3, 4]);
  expect(cursor.below(1)).toBe(0);
});
