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
