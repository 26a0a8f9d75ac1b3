import { expect, test } from 'vitest';
import { PictureContinuity, patchWord } from '#src/sfu/layers/picture-continuity.ts';
import { PictureIdUnwrapper } from '#src/sfu/layers/picture-ids.ts';

test('picture ids of both widths never wrap, and keep their low bits when the width changes', () => {
  const ids = new PictureIdUnwrapper();
  const first = ids.unwrap(7, 126);
  expect(first & 127).toBe(126);
  expect(ids.unwrap(7, 1)).toBe(first + 3);
  expect(ids.unwrap(7, 127)).toBe(first + 1);
  const wide = ids.unwrap(15, 0x1234);
  expect(wide).toBeGreaterThan(first + 3);
  expect(wide & 0x7fff).toBe(0x1234);
  expect(ids.nearest(15, 0x1233)).toBe(wide - 1);
});

test('a new source goes on with the next picture id and TL0PICIDX, in its own width', () => {
  const continuity = new PictureContinuity();
  const offsets = { pictureOffset: 0, tl0Offset: 0 };
  const old = { idBits: 15 as const, id: 0x1_0000 + 300, tl0: 255 };
  continuity.begin(old, undefined, offsets);
  expect(continuity.note(old, offsets) >>> 8).toBe(0x81_2c_ff);
  const next = { idBits: 7 as const, id: 0x1_0000 + 5, tl0: 9 };
  continuity.begin(next, undefined, offsets);
  expect(continuity.note(next, offsets) >>> 16).toBe(((301 & 0x7f) << 8) | 0);
  expect(patchWord({ ...next, id: next.id + 1, tl0: -1 }, offsets) >>> 24).toBe(302 & 0x7f);
});

test('within a stream, TL0PICIDX stays what it was', () => {
  const continuity = new PictureContinuity();
  const offsets = { pictureOffset: 0, tl0Offset: 0 };
  const picture = { idBits: 15 as const, id: 0x1_0000, tl0: 3 };
  continuity.begin(picture, undefined, offsets);
  continuity.note(picture, offsets);
  const later = { ...picture, id: picture.id + 4, tl0: 3 };
  continuity.begin(later, { pictureOffset: 0, tl0Offset: 7 }, offsets);
  expect(offsets).toEqual({ pictureOffset: -3, tl0Offset: 7 });
});
