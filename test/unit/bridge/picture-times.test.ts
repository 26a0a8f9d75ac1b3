import { expect, test } from 'vitest';
import type { AccessUnit } from '#src/bridge/depacketise/unit.ts';
import { PictureTimes } from '#src/bridge/picture-times.ts';
import type { Stamping, TimedPicture } from '#src/bridge/timed-picture.ts';
import { videoWay } from '#src/bridge/video-way.ts';

function unit(order: number): AccessUnit {
  const common = { kind: 'video', timestamp: 0, arrivedMs: 0, chunks: [], sizeBytes: 0 } as const;
  return { ...common, keyframe: order === 0, config: undefined, order };
}

function play(known: Stamping, orders: readonly number[], timesMs: readonly number[]): TimedPicture[] {
  const times = new PictureTimes(1, known);
  const out = orders.flatMap((order, index) => times.push(unit(order), timesMs[index] ?? 0));
  return [...out, ...times.flush()];
}

const orders = [0, 4, 2, 8, 6];
const shown = [0, 80, 40, 160, 120];
const decoded = [0, 40, 80, 120, 160];

test.each<Stamping>(['decode', 'presentation'])(
  'the first pictures tell what timestamps say, whatever was believed before (%s)',
  (known) => {
    const asShown = play(known, orders, shown);
    expect(asShown.map(({ presentMs }) => presentMs)).toEqual(shown);
    expect(asShown.map(({ decodeMs }) => decodeMs)).toEqual([0, 0.01, 40, 80, 120]);
    const asDecoded = play(known, orders, decoded);
    expect(asDecoded.map(({ decodeMs }) => decodeMs)).toEqual(decoded);
    expect(asDecoded.map(({ presentMs }) => presentMs)).toEqual(shown.map((ms) => ms + 40));
  },
);

test('without a B-frame among them, what was known holds', () => {
  const inOrder = [0, 2, 4, 6];
  expect(play('decode', inOrder, decoded).map(({ presentMs }) => presentMs)).toEqual([40, 80, 120, 160]);
  expect(play('presentation', inOrder, decoded).map(({ presentMs }) => presentMs)).toEqual([0, 40, 80, 120]);
});

test('a stream that ends at once still gives its pictures', () => {
  expect(play('decode', [0], [0])).toHaveLength(1);
  expect(play('decode', [0, 2], [0, 40])).toHaveLength(2);
});

test('H.264 passes through unless its pictures come in an order that it does not tell', () => {
  const way = { codec: 'h264', backwards: false, reorderDepth: 0 } as const;
  expect(videoWay(way)).toEqual({ passthrough: true, reorderDepth: 0, stamping: 'decode' });
  expect(videoWay({ ...way, reorderDepth: 2 })).toMatchObject({ passthrough: true, reorderDepth: 2 });
  expect(videoWay({ ...way, backwards: true })).toMatchObject({ passthrough: false, reorderDepth: 0 });
  expect(videoWay({ ...way, backwards: true, reorderDepth: 2 })).toEqual({
    passthrough: true,
    reorderDepth: 2,
    stamping: 'presentation',
  });
  expect(videoWay({ ...way, codec: 'h265', reorderDepth: 2 })).toMatchObject({
    passthrough: false,
    reorderDepth: 0,
  });
});
