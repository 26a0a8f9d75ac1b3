import { expect, test } from 'vitest';
import { H264PictureOrder } from '#src/rtp/h264/picture-order.ts';
import { ReorderDepth } from '#src/rtp/h264/reorder-depth.ts';
import type { H264SliceHeader } from '#src/rtp/h264/slice.ts';
import { parseH264Sps, type H264Sps } from '#src/rtp/keyframe/h264-sps.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { hex } from '../packets.ts';
import { readPictures } from './encoded.ts';

const small = { codec: 'h264', width: 160, height: 96, bitrateBps: 300_000, seconds: 2 } as const;

function sps(more: Partial<H264Sps>): H264Sps {
  const parsed = parseH264Sps(hex('677a001ebcd940a063f1b80880000003008000001e0f8a14cb'));
  if (!parsed) throw new Error('not read');
  return { ...parsed, framesOnly: true, ...more };
}

function slice(more: Partial<H264SliceHeader>): H264SliceHeader {
  return { bidirectional: false, parameterSet: 0, frameNumber: 0, field: false, orderLsb: 0, ...more };
}

test('the orders that x264 wrote put every picture of a GOP at its place on the screen', async () => {
  const pictures = readPictures(await makeRecording({ ...small, keyframeSeconds: 1, bFrames: 3 }));
  expect(pictures.filter((picture) => picture.bidirectional).length).toBeGreaterThan(pictures.length / 2);
  const gop = pictures.slice(0, 30);
  expect(gop.map((picture) => picture.idr)).toEqual(gop.map((_, index) => index === 0));
  const orders = gop.map((picture) => picture.order ?? -1);
  // Two fields a frame: x264 counts in twos.
  expect(orders.toSorted((a, b) => a - b)).toEqual(gop.map((_, index) => 2 * index));
  expect(orders.slice(0, 3)).not.toEqual([0, 2, 4]);
});

test('how deep pictures are reordered is measured', async () => {
  const depths = [];
  for (const bFrames of [0, 1, 3]) {
    const depth = new ReorderDepth();
    const pictures = readPictures(await makeRecording({ ...small, keyframeSeconds: 1, bFrames }));
    for (const { order, idr } of pictures) depth.add(order ?? 0, idr);
    depths.push(depth.depth);
    expect(depth.reordered > 0).toBe(bFrames > 0);
  }
  // Of three B-frames x264 makes the middle one a reference: two pictures are held back.
  expect(depths).toEqual([0, 1, 2]);
});

test('counts go on over the wrap of their bits, and begin anew at an IDR picture', () => {
  const orders = new H264PictureOrder();
  const sequence = sps({ pictureOrder: { type: 0, lsbBits: 4 } });
  const next = (orderLsb: number, idr = false, reference = true): number | undefined =>
    orders.next(slice({ orderLsb }), { idr, reference }, sequence);
  expect([next(0, true), next(6), next(2, false, false), next(4, false, false)]).toEqual([0, 6, 2, 4]);
  expect([next(12), next(2), next(14, false, false), next(8)]).toEqual([12, 18, 14, 24]);
  expect(next(0, true)).toBe(0);
});

test('type 2 counts in decoding order over the wrap of frame_num', () => {
  const orders = new H264PictureOrder();
  const sequence = sps({ pictureOrder: { type: 2 }, frameNumberBits: 4 });
  const seen = Array.from({ length: 40 }, (_, index) =>
    orders.next(slice({ frameNumber: index % 16 }), { idr: index === 0, reference: true }, sequence),
  );
  expect(seen).toEqual(seen.map((_, index) => 2 * index));
});

test('fields and type 1 are not read, rather than read wrongly', () => {
  const orders = new H264PictureOrder();
  const kind = { idr: false, reference: true };
  expect(orders.next(slice({ field: true }), kind, sps({}))).toBeUndefined();
  expect(orders.next(slice({}), kind, sps({ pictureOrder: { type: 1 } }))).toBeUndefined();
});

test('a gap is no reordering', () => {
  const depth = new ReorderDepth();
  depth.add(0, true);
  depth.add(40, false);
  depth.gap();
  expect(depth.add(10, false)).toBe(false);
  expect(depth.depth).toBe(0);
});
