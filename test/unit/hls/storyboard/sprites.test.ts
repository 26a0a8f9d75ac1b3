import { expect, test } from 'vitest';
import { SpriteStore } from '#src/hls/storyboard/sprites.ts';
import type { WishedPicture } from '#src/hls/storyboard/wishes.ts';
import type { Segment } from '#src/hls/media-segment.ts';

const nothing = new Uint8Array(0);
const wish = (msn: number, run = 1): WishedPicture => {
  const times = { startWallMs: 0, sinceMs: 0 };
  return { ...{ msn, run, mapName: '', init: nothing, keyframe: nothing, width: 0, height: 0 }, ...times };
};
const row = (text: string): { jpeg: Uint8Array; tileWidth: number; tileHeight: number } => {
  return { jpeg: Buffer.from(text), tileWidth: 160, tileHeight: 90 };
};
const segment = (msn: number, more: Partial<Segment> = {}): Segment => {
  const start = { msn, name: '', run: 1, discontinuity: false, mapName: '', startWallMs: 0, startMs: 0 };
  return { ...start, independent: true, gap: false, parts: [], durationMs: 0, complete: true, ...more };
};

test('pictures are found by their segments, images by their URLs', () => {
  const store = new SpriteStore('inc');
  store.add([wish(3), wish(4)], row('first'));
  store.add([wish(7)], row('second'));
  expect(store.tileOf(4)).toMatchObject({ uri: 'inc/story_1.jpg', index: 1, width: 160, height: 90 });
  expect(store.tileOf(7)).toMatchObject({ uri: 'inc/story_2.jpg', index: 0 });
  expect([store.tileOf(5), store.image('inc/story_3.jpg'), store.image('story_1.jpg')]).toEqual(
    Array.from({ length: 3 }),
  );
  expect(Buffer.from(store.image('inc/story_2.jpg') ?? '').toString()).toBe('second');
  expect(store.version).toBe(2);
});

test('the picture before a segment is the newest one, of the same life of the encoder', () => {
  const store = new SpriteStore('inc');
  store.add([wish(3), wish(5)], row(''));
  expect(store.lastBefore(segment(6))).toMatchObject({ index: 1 });
  expect(store.lastBefore(segment(5))).toMatchObject({ index: 0 });
  expect(store.lastBefore(segment(3))).toBeUndefined();
  expect(store.lastBefore(segment(6, { run: 2 }))).toBeUndefined();
  expect(store.lastBefore(segment(6, { discontinuity: true }))).toBeUndefined();
});

test('images whose pictures have all left the window go when sixteen others have', () => {
  const store = new SpriteStore('inc');
  for (let msn = 1; msn <= 40; msn += 2) store.add([wish(msn), wish(msn + 1)], row(String(msn)));
  store.forget(38);
  const there = Array.from({ length: 20 }, (_, index) => store.image(`inc/story_${index + 1}.jpg`));
  // Eighteen have left; the nineteenth has one picture in the window.
  expect(there.map((image, index) => image !== undefined || index)).toEqual([
    0,
    1,
    ...there.slice(2).map(() => true),
  ]);
  expect([store.tileOf(4), store.tileOf(5)?.uri]).toEqual([undefined, 'inc/story_3.jpg']);
});
