import { expect, test } from 'vitest';

import { MessageReader, readUint16s, writeUint16s, writeVector } from '#src/rtc/dtls-reader.ts';
import { DtlsRefusal } from '#src/rtc/dtls-refusal.ts';

test('what is written is read back', () => {
  const bytes = Buffer.concat([
    writeVector(1, Buffer.from('a'), Buffer.from('bc')),
    writeVector(2),
    writeVector(3, writeUint16s(1, 0xffff)),
    Buffer.from([7]),
  ]);
  const reader = new MessageReader(bytes);
  expect(reader.vector(1).toString()).toBe('abc');
  expect(reader.vector(2)).toHaveLength(0);
  expect(readUint16s(reader.vector(3))).toEqual([1, 0xffff]);
  expect([reader.isAtEnd, reader.position]).toEqual([false, bytes.length - 1]);
  expect(() => reader.end()).toThrow('longer');
  expect(reader.number(1)).toBe(7);
  reader.end();
});

test.each([
  ['a number', (reader: MessageReader) => reader.number(3)],
  ['bytes', (reader: MessageReader) => reader.take(3)],
  ['a vector', (reader: MessageReader) => reader.vector(1)],
  ['the length of a vector', (reader: MessageReader) => reader.vector(3)],
])('%s that is cut off is refused as a decoding error', (_, read) => {
  expect(() => read(new MessageReader(Buffer.from([2, 0])))).toThrow(
    expect.objectContaining({ name: 'DtlsRefusal', alert: 50 }) as DtlsRefusal,
  );
});

test('half a number at the end of a list is refused', () => {
  expect(() => readUint16s(Buffer.alloc(3))).toThrow(DtlsRefusal);
});
