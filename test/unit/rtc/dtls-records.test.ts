import { expect, test } from 'vitest';

import {
  HandshakeAssembler,
  hasCookie,
  splitRecords,
  wholeMessageRecord,
  writeRecord,
} from '#src/rtc/dtls-records.ts';

const record = { type: 22, version: 0xfefd, epoch: 0, sequence: 5, fragment: Buffer.from('abc') };
function fragment(
  sequence: number,
  body: string,
  part: readonly [offset: number, length: number],
  type = 11,
): Buffer {
  const [offset, length] = part;
  const head = Buffer.alloc(12);
  head.writeUInt8(type, 0);
  head.writeUIntBE(body.length, 1, 3);
  head.writeUInt16BE(sequence, 4);
  head.writeUIntBE(offset, 6, 3);
  head.writeUIntBE(length, 9, 3);
  return Buffer.concat([head, Buffer.from(body.slice(offset, offset + length))]);
}
const texts = (assembler: HandshakeAssembler, content: Buffer): readonly string[] =>
  assembler
    .push(content)
    .map(
      ({ messageSequence, body, repeated }) =>
        `${messageSequence} ${body.toString()}${repeated ? ' again' : ''}`,
    );

test('records are split and written back, what is cut off is dropped', () => {
  const bytes = writeRecord(record);
  const [first, second, ...rest] = splitRecords(Buffer.concat([bytes, bytes, bytes.subarray(0, 14)]));
  expect(first).toEqual({ ...record, bytes });
  expect(second?.fragment.toString()).toBe('abc');
  expect(rest).toEqual([]);
  expect(splitRecords(Buffer.concat(Array<Buffer>(40).fill(bytes)))).toHaveLength(16);
});

test('fragments in any order, overlapping and repeated, make one message', () => {
  const assembler = new HandshakeAssembler();
  expect(texts(assembler, fragment(0, 'hello world', [6, 5]))).toEqual([]);
  expect(texts(assembler, fragment(0, 'hello world', [6, 5]))).toEqual([]);
  expect(texts(assembler, fragment(0, 'hello world', [4, 3]))).toEqual([]);
  expect(texts(assembler, fragment(0, 'hello world', [0, 5]))).toEqual(['0 hello world']);
});

test('messages come in the order of their numbers; old ones are marked', () => {
  const assembler = new HandshakeAssembler();
  expect(texts(assembler, fragment(2, 'c', [0, 1]))).toEqual([]);
  expect(texts(assembler, fragment(1, 'b', [0, 1]))).toEqual([]);
  expect(texts(assembler, Buffer.concat([fragment(0, 'a', [0, 1]), fragment(0, 'a', [0, 1])]))).toEqual([
    '0 a',
    '1 b',
    '2 c',
  ]);
  expect(texts(assembler, fragment(1, 'b', [0, 1]))).toEqual(['1 b again']);
  expect(texts(assembler, fragment(3, '', [0, 0]))).toEqual(['3 ']);
});

test('memory is bounded: far ahead, too long and contradictory fragments are dropped', () => {
  const assembler = new HandshakeAssembler();
  expect(texts(assembler, fragment(60, 'x', [0, 1]))).toEqual([]);
  expect(texts(assembler, fragment(0, 'x'.repeat(16_385), [0, 1]))).toEqual([]);
  const outside = fragment(0, 'xyz', [0, 3]);
  outside.writeUIntBE(2, 6, 3);
  expect(texts(assembler, outside)).toEqual([]);
  expect(texts(assembler, fragment(0, 'long', [0, 2]))).toEqual([]);
  expect(texts(assembler, fragment(0, 'short', [0, 5]))).toEqual(['0 short']);
  expect(texts(assembler, Buffer.alloc(5))).toEqual([]);
});

test('a whole message is one record with its own length twice', () => {
  const bytes = wholeMessageRecord(
    { type: 1, messageSequence: 3, body: Buffer.from('body'), repeated: false },
    0xfeff,
    9,
  );
  const [only] = splitRecords(bytes);
  expect(only).toMatchObject({ type: 22, version: 0xfeff, epoch: 0, sequence: 9 });
  expect(texts(new HandshakeAssembler(), only!.fragment)).toEqual([]);
  const assembler = new HandshakeAssembler();
  for (const sequence of [0, 1, 2]) assembler.push(fragment(sequence, '', [0, 0]));
  expect(texts(assembler, only!.fragment)).toEqual(['3 body']);
});

test('finds the cookie of a hello', () => {
  const hello = (session: number, cookie: number): Buffer =>
    Buffer.concat([
      Buffer.alloc(34),
      Buffer.from([session]),
      Buffer.alloc(session),
      Buffer.from([cookie]),
      Buffer.alloc(cookie),
    ]);
  expect(hasCookie(hello(0, 0))).toBe(false);
  expect(hasCookie(hello(0, 20))).toBe(true);
  expect(hasCookie(hello(32, 20))).toBe(true);
  expect(hasCookie(Buffer.alloc(10))).toBe(false);
  expect(hasCookie(Buffer.concat([Buffer.alloc(34), Buffer.from([200])]))).toBe(false);
});
