import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccessUnit } from '#src/bridge/depacketise/unit.ts';
import { DecodeStamps } from '#src/bridge/decode-stamps.ts';
import type { TimedPicture } from '#src/bridge/timed-picture.ts';

function unit(order: number | undefined, keyframe = order === 0): AccessUnit {
  const common = { kind: 'video', timestamp: 0, arrivedMs: 0, chunks: [], sizeBytes: 0 } as const;
  return { ...common, keyframe, config: undefined, ...(order === undefined ? {} : { order }) };
}

/** Pictures of some GOPs in decoding order, each with the place it has on the screen over all of them. */
function decodingOrder(gops: readonly number[], between: number): { order: number; place: number }[] {
  let before = 0;
  return gops.flatMap((length) => {
    const places = [0];
    for (let anchor = 0; anchor < length - 1;) {
      const next = Math.min(anchor + between + 1, length - 1);
      places.push(next);
      for (let b = anchor + 1; b < next; b += 1) places.push(b);
      anchor = next;
    }
    const start = before;
    before += length;
    return places.map((place) => ({ order: 2 * place, place: start + place }));
  });
}

function play(depth: number, orders: readonly number[], timesMs: readonly number[]): TimedPicture[] {
  const times = new DecodeStamps(depth);
  const out = orders.flatMap((order, index) => times.push(unit(order), timesMs[index] ?? 0));
  return [...out, ...times.flush()];
}

const scenes = fc.record({
  gops: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
  between: fc.integer({ min: 1, max: 4 }),
  stepsMs: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 80, maxLength: 80 }),
});

test('whatever the pace, pictures are shown in their order, one at each decoding time, none before it is decoded', () => {
  fc.assert(
    fc.property(scenes, ({ gops, between, stepsMs }) => {
      const pictures = decodingOrder(gops, between);
      let atMs = 0;
      const timesMs = pictures.map((_, index) => (atMs += stepsMs[index] ?? 0));
      const out = play(
        1,
        pictures.map(({ order }) => order),
        timesMs,
      );
      expect(out.map(({ decodeMs }) => decodeMs)).toEqual(timesMs);
      for (const { decodeMs, presentMs } of out) expect(presentMs).toBeGreaterThanOrEqual(decodeMs);
      for (const [index, { presentMs }] of out.entries()) {
        const expected = timesMs[(pictures[index]?.place ?? 0) + 1];
        if (expected !== undefined) expect(presentMs).toBe(expected);
      }
    }),
  );
});

test('a declared depth beyond what is used only shifts the whole', () => {
  const orders = [0, 4, 2, 8, 6, 0, 4, 2];
  const timesMs = orders.map((_, index) => 40 * index);
  const shown = (depth: number): number[] => play(depth, orders, timesMs).map(({ presentMs }) => presentMs);
  expect(shown(1)).toEqual([40, 120, 80, 200, 160, 240, 320, 280]);
  expect(shown(3)).toEqual(shown(1).map((ms) => ms + 80));
});

test('no picture waits for long, whatever the orders say', () => {
  const times = new DecodeStamps(1);
  times.push(unit(0), 0);
  times.push(unit(1_000_000), 10);
  let released = 0;
  for (let index = 1; index <= 200; index += 1) released += times.push(unit(index), 10 + index * 10).length;
  expect(released).toBeGreaterThan(160);
});

test('pictures that do not say their place are shown as they come', () => {
  const times = new DecodeStamps(2);
  const out = [0, 10, 20, 30, 40].flatMap((ms, index) => times.push(unit(undefined, index === 0), ms));
  expect(out.map(({ presentMs }) => presentMs)).toEqual([20, 30, 40]);
});
