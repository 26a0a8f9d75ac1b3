import { expect, test } from 'vitest';
import { isOutdated, videoWay } from '#src/bridge/video-way.ts';
import { h264Config } from './kept-units.ts';

test('H.264 passes through, with B-frames where their order is told; all else is encoded', () => {
  expect(videoWay({ codec: 'h264', backwards: false, reorderDepth: 0 })).toEqual({
    ...{ passthrough: true, reorderDepth: 0, stamping: 'decode' },
  });
  expect(videoWay({ codec: 'h264', backwards: true, reorderDepth: 2 })).toEqual({
    ...{ passthrough: true, reorderDepth: 2, stamping: 'presentation' },
  });
  expect(videoWay({ codec: 'h264', backwards: true, reorderDepth: 0 }).passthrough).toBe(false);
  expect(videoWay({ codec: 'vp8', backwards: false, reorderDepth: 2 })).toMatchObject({
    ...{ passthrough: false, reorderDepth: 0 },
  });
});

test('a copy is outdated by other parameter sets, an encode by a clearly larger picture or another codec', () => {
  const plan = { width: 640, height: 360 };
  const video = h264Config(640, 360);
  expect(isOutdated({ video, plan }, h264Config(640, 360))).toBe(false);
  expect(isOutdated({ video, plan }, h264Config(640, 360, 2))).toBe(true);
  expect(isOutdated({ video: undefined, plan }, video)).toBe(true);
  const vp8 = { codec: 'vp8', width: 640, height: 360, codecPrivate: new Uint8Array() } as const;
  expect(isOutdated({ video: vp8, plan }, { ...vp8, width: 320, height: 180 })).toBe(false);
  expect(isOutdated({ video: vp8, plan }, { ...vp8, width: 700 })).toBe(false);
  expect(isOutdated({ video: vp8, plan }, { ...vp8, width: 1280, height: 720 })).toBe(true);
  expect(isOutdated({ video: vp8, plan }, video)).toBe(true);
});
