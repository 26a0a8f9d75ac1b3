import { expect, test } from 'vitest';
import type { AccessUnit, CodecConfig } from '#src/bridge/depacketise/unit.ts';
import { CopiedLayer } from '#src/bridge/layers/copied-layer.ts';
import { layerCopyOptions, sameCopy, type LayerCopy } from '#src/bridge/layers/layer-copy.ts';
import { matroskaBlock } from '#src/bridge/matroska.ts';

const config: CodecConfig = { codec: 'h264', width: 640, height: 360, codecPrivate: Uint8Array.of(1) };
const copy: LayerCopy = {
  ...{ layer: 1, rid: 'h', rendition: 'v1', config, reorderDepth: 0, bitrateBps: 0 },
};

function picture(keyframe: boolean, of: CodecConfig = config, order?: number): AccessUnit {
  const content = { chunks: [Uint8Array.of(9)], sizeBytes: 1, config: keyframe ? of : undefined };
  const place = order === undefined ? {} : { order };
  return { kind: 'video', timestamp: 0, arrivedMs: 0, keyframe, ...content, ...place };
}

test('begins with a keyframe, and its times rise', () => {
  const layer = new CopiedLayer(copy, 3, 'decode');
  expect(layer.write(picture(false), 0)).toEqual([]);
  expect(layer.write(picture(true), 40)).toEqual([matroskaBlock(3, 40, picture(true))]);
  expect(layer.write(picture(false), 40)).toEqual([matroskaBlock(3, 40.01, picture(false))]);
  expect(layer.flush()).toEqual([]);
});

test('after an interruption, and after other parameters, nothing comes before its own keyframe', () => {
  const layer = new CopiedLayer(copy, 3, 'decode');
  layer.write(picture(true), 0);
  layer.interrupt();
  expect(layer.write(picture(false), 40)).toEqual([]);
  expect(layer.write(picture(true), 80)).toHaveLength(1);
  expect(layer.write(picture(true, { ...config, width: 320 }), 120)).toEqual([]);
  expect(layer.write(picture(false), 160)).toEqual([]);
  expect(layer.write(picture(true), 200)).toHaveLength(1);
});

test('pictures that are reordered wait for both of their times, and none is left behind', () => {
  const layer = new CopiedLayer({ ...copy, reorderDepth: 1 }, 3, 'decode');
  const orders = [0, 4, 2, 8, 6];
  const written = orders.flatMap((order, index) =>
    layer.write(picture(index === 0, config, order), index * 40),
  );
  expect(written.length).toBeLessThan(5);
  expect(written.length + layer.flush().length).toBe(5);
});

test('FFmpeg is told which track it is, and how its times come', () => {
  expect(layerCopyOptions(copy, 2).join(' ')).toContain('-map 0:v:2 -c:v copy -video_track_timescale ');
  expect(layerCopyOptions({ ...copy, reorderDepth: 2 }, 4).join(' ')).toMatch(/-map 0:v:4 .*DURATION/);
});

test('a process goes on with the same layer in the same place, whatever its bitrate', () => {
  expect(sameCopy(copy, { ...copy, bitrateBps: 5 })).toBe(true);
  for (const other of [
    { layer: 2 },
    { rendition: 'v2' },
    { reorderDepth: 1 },
    { config: { ...config, height: 1 } },
  ])
    expect(sameCopy(copy, { ...copy, ...other })).toBe(false);
});
