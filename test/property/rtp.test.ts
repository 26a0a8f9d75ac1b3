import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExtensionName } from '#src/core/plane.ts';
import { ExtensionReader, ExtensionRewriter, passThroughExtensions } from '#src/rtp/extensions.ts';
import { RtpHeader, writeRtpHeader } from '#src/rtp/header.ts';
import { ntpHigh, ntpLow, ntpToMs } from '#src/rtp/ntp.ts';
import { ReorderBuffer } from '#src/rtp/reorder.ts';
import { PacketRing } from '#src/rtp/ring.ts';
import { unwrapRtx, wrapRtx } from '#src/rtp/rtx.ts';
import { SequenceUnwrapper, TimestampUnwrapper } from '#src/rtp/sequence.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3550 });

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const uint16 = fc.integer({ min: 0, max: 0xffff });

describe('unwrapping', () => {
  test('follows any walk whose steps stay within half a cycle of the highest', () => {
    const steps = fc.array(fc.integer({ min: -500, max: 30_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(uint16, steps, (start, walk) => {
        const unwrapper = new SequenceUnwrapper();
        let highest = unwrapper.unwrap(start);
        for (const step of walk) {
          const real = highest + step;
          expect(unwrapper.unwrap(real & 0xffff)).toBe(real);
          highest = Math.max(highest, real);
        }
      }),
    );
  });

  test('timestamps too', () => {
    const steps = fc.array(fc.integer({ min: -1_000_000, max: 2 ** 31 - 1 }), { maxLength: 100 });
    fc.assert(
      fc.property(uint32, steps, (start, walk) => {
        const unwrapper = new TimestampUnwrapper();
        let highest = unwrapper.unwrap(start);
        for (const step of walk) {
          const real = highest + step;
          expect(unwrapper.unwrap(real % 2 ** 32)).toBe(real);
          highest = Math.max(highest, real);
        }
      }),
    );
  });
});

const headerFields = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequence: uint16,
  timestamp: uint32,
  ssrc: uint32,
});
const words = fc
  .uint8Array({ maxLength: 80 })
  .map((bytes) => bytes.subarray(0, bytes.length - (bytes.length % 4)));
/** A complete block of some profile. */
const anyBlock = fc.tuple(uint16, words).map(([profile, data]) => {
  return Uint8Array.of(profile >>> 8, profile & 255, data.length >>> 10, (data.length >>> 2) & 255, ...data);
});
const noBlock = fc.constant(new Uint8Array(0));

test('a written header is parsed back, with the payload behind it', () => {
  const payloads = fc.uint8Array({ minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(headerFields, fc.oneof(anyBlock, noBlock), payloads, (fields, block, payload) => {
      const into = new Uint8Array(200);
      const at = writeRtpHeader(into, fields, block);
      into.set(payload, at);
      const packet = into.subarray(0, at + payload.length);
      const header = new RtpHeader();
      expect(header.parse(packet)).toBe(true);
      expect(header).toMatchObject(fields);
      expect(header.extensionBlock(packet)).toEqual(block);
      expect(header.payload(packet)).toEqual(payload);
    }),
  );
});

test('what RTX wraps, RTX unwraps', () => {
  const payloads = fc.uint8Array({ minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(headerFields, uint16, payloads, (fields, originalSequence, payload) => {
      const into = new Uint8Array(100);
      const bytes = wrapRtx(into, {
        header: fields,
        originalSequence,
        extensions: new Uint8Array(0),
        payload,
      });
      const packet = into.subarray(0, bytes);
      const header = new RtpHeader();
      expect(header.parse(packet)).toBe(true);
      expect(unwrapRtx(packet, header, { ssrc: 5, payloadType: 6 })).toBe(true);
      expect(header).toMatchObject({
        sequence: originalSequence,
        timestamp: fields.timestamp,
        ssrc: 5,
        payloadType: 6,
      });
      expect(header.payload(packet)).toEqual(payload);
    }),
  );
});

test('NTP keeps wall clock times to a microsecond', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 4e12, noNaN: true }), (wallMs) => {
      expect(Math.abs(ntpToMs(ntpHigh(wallMs), ntpLow(wallMs)) - wallMs)).toBeLessThan(1e-3);
    }),
  );
});

describe('extension rewriting', () => {
  const names: readonly ExtensionName[] = [...passThroughExtensions, 'rid', 'transport-cc', 'abs-send-time'];
  const idsUpTo = (max: number) =>
    fc
      .uniqueArray(fc.integer({ min: 1, max }), { minLength: names.length + 1, maxLength: names.length + 1 })
      .map((ids): Partial<Record<ExtensionName, number>> & { mid: number } => ({
        ...Object.fromEntries(names.map((name, i) => [name, ids[i]!])),
        mid: ids[names.length]!,
      }));
  const elementOf = (maxBytes: number) =>
    fc.tuple(fc.constantFrom(...names), fc.uint8Array({ minLength: 1, maxLength: maxBytes }));

  function build(elements: readonly (readonly [number, Uint8Array])[], twoByte: boolean): Uint8Array {
    const data = elements.flatMap(([id, bytes]) =>
      twoByte ? [id, bytes.length, ...bytes] : [(id << 4) | (bytes.length - 1), ...bytes],
    );
    while (data.length % 4 !== 0) data.push(0);
    return Uint8Array.of(...(twoByte ? [0x10, 0] : [0xbe, 0xde]), 0, data.length / 4, ...data);
  }

  function elementsOf(block: Uint8Array): [number, number[]][] {
    const reader = new ExtensionReader();
    const found: [number, number[]][] = [];
    reader.start(block);
    while (reader.next()) {
      found.push([reader.id, [...block.subarray(reader.offset, reader.offset + reader.bytes)]]);
    }
    return found;
  }

  test.each([
    { from: 'one-byte', to: 'one-byte', fromMax: 14, maxBytes: 16, toMax: 14 },
    { from: 'one-byte', to: 'two-byte', fromMax: 14, maxBytes: 16, toMax: 255 },
    { from: 'two-byte', to: 'whatever is enough', fromMax: 255, maxBytes: 40, toMax: 14 },
    { from: 'two-byte', to: 'two-byte', fromMax: 255, maxBytes: 40, toMax: 255 },
  ])('$from to $to: the viewer reads exactly what is meant for it', ({ from, fromMax, maxBytes, toMax }) => {
    fc.assert(
      fc.property(
        idsUpTo(fromMax),
        idsUpTo(toMax),
        fc.uniqueArray(elementOf(maxBytes), { maxLength: 6, selector: ([name]) => name }),
        (publisher, viewer, elements) => {
          const block = build(
            elements.map(([name, bytes]) => [publisher[name]!, bytes] as const),
            from === 'two-byte',
          );
          const out = new ExtensionRewriter({ publisher, viewer, mid: 'v' }).rewrite(block);
          const kept = elements.filter(([name]) => passThroughExtensions.includes(name));
          expect(elementsOf(out)).toEqual([
            [viewer.mid, ['v'.charCodeAt(0)]],
            // Each viewer's own number takes its place.
            [viewer['transport-cc'], [0, 0]],
            ...kept.map(([name, bytes]) => [viewer[name], [...bytes]]),
          ]);
          expect(out.length).toBe(4 + 4 * ((out[2]! << 8) | out[3]!));
        },
      ),
    );
  });
});

test('a ring gives back exactly what was stored, or nothing, and never forgets the newest that fit', () => {
  const stores = fc.array(fc.tuple(fc.integer({ min: -12, max: 9 }), fc.integer({ min: 0, max: 60 })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(stores, fc.integer({ min: 1, max: 40 }), (steps, keepEvery) => {
      const ring = new PacketRing({ packets: 16, bytes: 400 });
      const model = new Map<number, Uint8Array>();
      let highest = 70_000;
      for (const [step, bytes] of steps) {
        const sequence = highest + step;
        const payload = new Uint8Array(bytes).fill(model.size & 0xff);
        const facts = { timestamp: sequence, marker: false, keyframe: false, payloadType: 96, arrivedMs: 0 };
        const stored = ring.store({
          sequence,
          ...facts,
          extensions: payload.subarray(0, bytes >> 2),
          payload,
        });
        if (stored) {
          expect(model.has(sequence)).toBe(false);
          model.set(sequence, payload);
          highest = Math.max(highest, sequence);
          expect(ring.has(sequence)).toBe(true);
          if (model.size % keepEvery === 0) ring.keepFrom(sequence, 12_800);
        }
        for (const [known, content] of model) {
          const found = ring.get(known);
          if (found !== undefined)
            expect(found).toMatchObject({ sequence: known, timestamp: known, payload: content });
        }
      }
    }),
    { numRuns: 50 },
  );
});

describe('reordering', () => {
  test('any shuffle within the hold limit is undone', () => {
    const shuffled = fc.integer({ min: 1, max: 30 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, i) => i + 1),
        { minLength: count },
      ),
    );
    fc.assert(
      fc.property(shuffled, (order) => {
        const released: number[] = [];
        const buffer = new ReorderBuffer<{ sequence: number }>(
          { holdMs: 1, holdPackets: 40 },
          { packet: ({ sequence }) => released.push(sequence), hole: () => released.push(-1) },
        );
        buffer.push({ sequence: 0 }, 0);
        for (const sequence of order) buffer.push({ sequence }, 0);
        expect(released).toEqual(Array.from({ length: order.length + 1 }, (_, i) => i));
      }),
    );
  });

  test('whatever comes, packets and holes together are the sequence without gap or overlap', () => {
    const arrivals = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 40 })), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(arrivals, (packets) => {
        let next: number | undefined;
        let released = 0;
        const buffer = new ReorderBuffer<{ sequence: number }>(
          { holdMs: 100, holdPackets: 8 },
          {
            packet: ({ sequence }) => {
              next ??= sequence;
              expect(sequence).toBe(next);
              next += 1;
              released += 1;
            },
            hole: (first, count) => {
              expect(first).toBe(next);
              expect(count).toBeGreaterThan(0);
              next = first + count;
            },
          },
        );
        let nowMs = 0;
        for (const [sequence, waitMs] of packets) {
          nowMs += waitMs;
          buffer.push({ sequence }, nowMs);
          expect(buffer.held).toBeLessThanOrEqual(8);
        }
        buffer.flush();
        expect(released + buffer.late).toBe(packets.length);
      }),
    );
  });
});
