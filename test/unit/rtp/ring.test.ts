import { describe, expect, test } from 'vitest';
import type { StoredPacket } from '#src/rtp/ring.ts';
import { audioRingSize, PacketRing, videoRingSize } from '#src/rtp/ring.ts';
import { hex } from './packets.ts';

function packet(sequence: number, payloadBytes = 1200): StoredPacket {
  return {
    sequence,
    timestamp: (sequence * 3000) >>> 0,
    marker: sequence % 2 === 0,
    keyframe: sequence % 3 === 0,
    payloadType: sequence % 128,
    arrivedMs: sequence * 1.5,
    extensions: new Uint8Array(0),
    payload: new Uint8Array(payloadBytes).fill(sequence & 0xff),
  };
}

test('what was stored comes back, whatever happened to the original since', () => {
  const ring = new PacketRing({ packets: 8, bytes: 10_000 });
  const original = { ...packet(70_002, 5), extensions: hex('bede0001 10ff0000') };
  expect(ring.store(original)).toBe(true);
  const expected = structuredClone(original);
  original.payload.fill(0);
  original.extensions.fill(0);
  expect(ring.get(70_002)).toEqual(expected);
  expect(ring.highest).toBe(70_002);
});

test('what never came is not there', () => {
  const ring = new PacketRing({ packets: 8, bytes: 10_000 });
  expect(ring.get(70_000)).toBeUndefined();
  ring.store(packet(70_000));
  expect(ring.get(70_001)).toBeUndefined();
  expect(ring.get(70_008)).toBeUndefined();
  expect(ring.get(-1)).toBeUndefined();
});

test('late packets find their place, duplicates and too old ones are refused', () => {
  const ring = new PacketRing({ packets: 8, bytes: 20_000 });
  ring.store(packet(70_000));
  ring.store(packet(70_005));
  expect(ring.store(packet(70_003))).toBe(true);
  expect(ring.store(packet(70_003))).toBe(false);
  expect(ring.store(packet(69_997))).toBe(false);
  expect(ring.get(70_003)?.payload[0]).toBe(70_003 & 0xff);
});

test('an empty payload is a packet too', () => {
  const ring = new PacketRing({ packets: 8, bytes: 100 });
  expect(ring.store(packet(70_000, 0))).toBe(true);
  expect(ring.get(70_000)?.payload).toHaveLength(0);
});

describe('bounds', () => {
  test('slots: the packet a full turn before is gone', () => {
    const ring = new PacketRing({ packets: 8, bytes: 100_000 });
    for (let sequence = 70_000; sequence < 70_009; sequence += 1) ring.store(packet(sequence, 10));
    expect(ring.has(70_000)).toBe(false);
    expect(ring.has(70_001)).toBe(true);
  });

  test('bytes: large packets overtake older ones, and never come back damaged', () => {
    const ring = new PacketRing({ packets: 64, bytes: 5000 });
    for (let sequence = 70_000; sequence < 70_050; sequence += 1) {
      ring.store(packet(sequence, 700 + (sequence % 7) * 100));
      for (let old = 70_000; old <= sequence; old += 1) {
        const found = ring.get(old);
        if (found !== undefined) expect(found.payload.every((byte) => byte === (old & 0xff))).toBe(true);
      }
      expect(ring.has(sequence)).toBe(true);
      expect(ring.has(sequence - 8)).toBe(false);
    }
  });

  test('a packet larger than the slab is refused', () => {
    const ring = new PacketRing({ packets: 8, bytes: 100 });
    expect(ring.store(packet(70_000, 101))).toBe(false);
    expect(ring.store(packet(70_000, 100))).toBe(true);
  });

  test.each([
    ['video', videoRingSize, 1200],
    ['audio', audioRingSize, 400],
  ])('the %s ring holds more than a thousand usual packets', (_kind, size, bytes) => {
    const ring = new PacketRing(size);
    for (let sequence = 70_000; sequence < 75_000; sequence += 1) ring.store(packet(sequence, bytes));
    expect(ring.has(74_999 - 1023)).toBe(true);
  });

  test('the number of slots is a power of two', () => {
    expect(() => new PacketRing({ packets: 1000, bytes: 1 })).toThrow(RangeError);
  });
});

describe('a ring that keeps', () => {
  const limitBytes = 64 * 1024;

  test('grows before it overwrites what is kept, slots and slab, and everything kept stays as it was', () => {
    const ring = new PacketRing({ packets: 8, bytes: 2_000 });
    for (let sequence = 70_000; sequence < 70_010; sequence += 1) ring.store(packet(sequence, 300));
    ring.keepFrom(70_008, limitBytes);
    for (let sequence = 70_010; sequence < 70_100; sequence += 1) ring.store(packet(sequence, 300));
    for (let sequence = 70_008; sequence < 70_100; sequence += 1)
      expect(ring.get(sequence)).toEqual(packet(sequence, 300));
    expect(ring.slabBytes).toBe(32_000);
  });

  test('never gives out what was overwritten before it grew, and refuses its numbers', () => {
    const ring = new PacketRing({ packets: 8, bytes: 2_000 });
    for (let sequence = 70_000; sequence < 70_012; sequence += 1) ring.store(packet(sequence, 300));
    ring.keepFrom(70_010, limitBytes);
    for (let sequence = 70_012; sequence < 70_030; sequence += 1) ring.store(packet(sequence, 300));
    for (let sequence = 70_000; sequence < 70_006; sequence += 1) {
      expect(ring.get(sequence)).toBeUndefined();
      if (sequence < 70_004) expect(ring.store(packet(sequence, 300))).toBe(false);
    }
  });

  test('keeps what came before the keyframe though it belongs behind it', () => {
    const ring = new PacketRing({ packets: 8, bytes: 2_000 });
    ring.store(packet(70_002, 600));
    ring.store(packet(70_001, 600));
    ring.keepFrom(70_001, limitBytes);
    for (let sequence = 70_003; sequence < 70_008; sequence += 1) ring.store(packet(sequence, 600));
    expect(ring.get(70_002)).toEqual(packet(70_002, 600));
  });

  test('overwrites after all when the limit is reached, or when it need not keep any more', () => {
    const limited = new PacketRing({ packets: 8, bytes: 2_000 });
    limited.store(packet(70_000, 600));
    limited.keepFrom(70_000, 4_000);
    for (let sequence = 70_001; sequence < 70_008; sequence += 1) limited.store(packet(sequence, 600));
    expect(limited.slabBytes).toBe(4_000);
    expect(limited.has(70_000)).toBe(false);
    expect(limited.has(70_007)).toBe(true);

    const free = new PacketRing({ packets: 8, bytes: 2_000 });
    free.store(packet(70_000, 600));
    free.keepFrom(70_000, limitBytes);
    free.keepNothing();
    for (let sequence = 70_001; sequence < 70_008; sequence += 1) free.store(packet(sequence, 600));
    expect(free.slabBytes).toBe(2_000);
  });
});
