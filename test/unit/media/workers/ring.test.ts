import { describe, expect, test } from 'vitest';
import { guardBytes, maxRecordBytes, ringAsk, sharedRingMemory } from '#src/media/workers/ring-layout.ts';
import { RingReader } from '#src/media/workers/ring-reader.ts';
import { RingWriter } from '#src/media/workers/ring-writer.ts';

const smallest = 2 * guardBytes;

/** A record of so many bytes, told by its number. */
function write(writer: RingWriter, number: number, bytes: number): void {
  const at = writer.reserve(bytes);
  writer.bytes.fill(number & 0xff, at, at + bytes);
  writer.publish();
}

describe('a shared ring', () => {
  test('gives every reader all that was written since it began, whole and in order', () => {
    const memory = sharedRingMemory(smallest);
    const writer = new RingWriter(memory);
    write(writer, 1, 10);
    const readers = [new RingReader(memory), new RingReader(memory)];
    write(writer, 2, 3);
    write(writer, 3, 1_200);
    for (const reader of readers) {
      expect(reader.next()).toEqual(new Uint8Array(3).fill(2));
      expect(reader.next()).toEqual(new Uint8Array(1_200).fill(3));
      expect(reader.next()).toBeUndefined();
      expect(reader.lapses).toBe(0);
    }
  });

  test('shows nothing before it is published, and the copy does not change with the ring', () => {
    const memory = sharedRingMemory(smallest);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    const at = writer.reserve(4);
    expect(reader.next()).toBeUndefined();
    writer.bytes.set([1, 2, 3, 4], at);
    writer.publish();
    const copy = reader.next();
    writer.bytes.fill(0);
    expect(copy).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  test('a reader that is overtaken knows it, and goes on with what comes next', () => {
    const memory = sharedRingMemory(smallest);
    const writer = new RingWriter(memory);
    const [slow, quick] = [new RingReader(memory), new RingReader(memory)];
    const count = Math.ceil(smallest / 1_200);
    for (let number = 0; number < count; number++) {
      write(writer, number, 1_200);
      expect(quick.next()?.[0]).toBe(number & 0xff);
    }
    expect(slow.next()).toBeUndefined();
    expect([slow.lapses, quick.lapses]).toEqual([1, 0]);
    write(writer, 77, 8);
    expect(slow.next()).toEqual(new Uint8Array(8).fill(77));
    expect(slow.lapses).toBe(1);
  });

  test('refuses a record that no reader could hold, and memory that no ring fits', () => {
    const writer = new RingWriter(sharedRingMemory(smallest));
    expect(() => writer.reserve(maxRecordBytes)).toThrow(RangeError);
    expect(() => sharedRingMemory(smallest + 8)).toThrow(RangeError);
    expect(() => sharedRingMemory(guardBytes)).toThrow(RangeError);
  });

  test('carries wishes back, each of them once', () => {
    const memory = sharedRingMemory(smallest);
    const writer = new RingWriter(memory);
    const readers = [new RingReader(memory), new RingReader(memory)];
    expect([writer.takeAsked(), writer.takeWanted()]).toEqual([0, 0]);
    readers[0]?.want(0);
    readers[1]?.want(2);
    readers[1]?.want(2);
    readers[1]?.want(40);
    readers[0]?.ask(ringAsk.state);
    readers[1]?.ask(ringAsk.recount);
    expect([writer.takeAsked(), writer.takeWanted()]).toEqual([ringAsk.state | ringAsk.recount, 0b101]);
    expect([writer.takeAsked(), writer.takeWanted()]).toEqual([0, 0]);
  });
});
