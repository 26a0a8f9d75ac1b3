import { expect, test } from 'vitest';
import { readUint16, readUint24, readUint32, writeUint16, writeUint24, writeUint32 } from '#src/rtp/bytes.ts';

test('what was written is read back, high bits included', () => {
  const bytes = new Uint8Array(9);
  writeUint16(bytes, 0, 0xfffe);
  writeUint24(bytes, 2, 0xfedcba);
  writeUint32(bytes, 5, 0xfffefdfc);
  expect(readUint16(bytes, 0)).toBe(0xfffe);
  expect(readUint24(bytes, 2)).toBe(0xfedcba);
  expect(readUint32(bytes, 5)).toBe(0xfffefdfc);
});

test('only the low bits are written, so extended numbers can be handed over as they are', () => {
  const bytes = new Uint8Array(2);
  writeUint16(bytes, 0, 0x3_0102);
  expect([...bytes]).toEqual([1, 2]);
});

test('reading beyond the end gives zero bits', () => {
  expect(readUint32(new Uint8Array([1]), 0)).toBe(0x01_000000);
  expect(readUint24(new Uint8Array(0), 5)).toBe(0);
});
