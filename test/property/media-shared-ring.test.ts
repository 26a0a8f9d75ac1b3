import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guardBytes, maxRecordBytes, sharedRingMemory } from '#src/media/workers/ring-layout.ts';
import { RingReader } from '#src/media/workers/ring-reader.ts';
import { RingWriter } from '#src/media/workers/ring-writer.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 8189 });

const step = fc.oneof(
  fc.record({
    does: fc.constant('write' as const),
    bytes: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 1_500 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: maxRecordBytes - 8 }) },
    ),
    times: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({ does: fc.constant('read' as const), records: fc.integer({ min: 1, max: 40 }) }),
);

/** First and last bytes tell the record's number and length: a torn record would differ. */
function bodyOf(number: number, bytes: number): { readonly head: number; readonly tail: number } {
  return { head: number & 0xff, tail: bytes === 1 ? number & 0xff : (number * 7 + bytes) & 0xff };
}

test('a reader gets records whole, in order and without holes, unless it is told that it was overtaken', () => {
  const memory = sharedRingMemory(2 * guardBytes);
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const writer = new RingWriter(memory);
      const reader = new RingReader(memory);
      const waiting: { readonly number: number; readonly bytes: number }[] = [];
      let [number, lapses] = [0, 0];
      for (const one of steps) {
        if (one.does === 'write') {
          for (let time = 0; time < one.times; time++) {
            number += 1;
            const at = writer.reserve(one.bytes);
            const { head, tail } = bodyOf(number, one.bytes);
            if (one.bytes > 0) writer.bytes[at + one.bytes - 1] = tail;
            if (one.bytes > 0) writer.bytes[at] = head;
            writer.publish();
            waiting.push({ number, bytes: one.bytes });
          }
          continue;
        }
        for (let read = 0; read < one.records; read++) {
          const body = reader.next();
          if (body === undefined) {
            expect(waiting.length > 0).toBe(reader.lapses > lapses);
            lapses = reader.lapses;
            waiting.length = 0;
            break;
          }
          const expected = waiting.shift();
          expect(body.length).toBe(expected?.bytes);
          if (expected === undefined || body.length === 0) continue;
          const { head, tail } = bodyOf(expected.number, expected.bytes);
          expect([body[0], body.at(-1)]).toEqual([head, tail]);
        }
      }
    }),
    { numRuns: 150 },
  );
});
