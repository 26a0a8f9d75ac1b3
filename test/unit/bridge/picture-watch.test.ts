import { expect, test } from 'vitest';
import { PictureWatch } from '#src/bridge/picture-watch.ts';
import { h264Config, picture } from './kept-units.ts';

const key = (parameters = 1) => ({ keyframe: true, config: h264Config(320, 180, parameters) });

test('tells when another configuration begins', () => {
  const watch = new PictureWatch();
  const seen = [picture(0, key()), picture(1), picture(2, key()), picture(3, key(2)), picture(4)];
  expect(seen.map((unit) => watch.picture(unit))).toEqual([true, false, false, true, false]);
});

test('pictures in another order than that of the screen are held back, until other parameters come', () => {
  const watch = new PictureWatch();
  watch.picture(picture(0, { ...key(), order: 0 }));
  expect(watch.way('h264')).toMatchObject({ passthrough: true, reorderDepth: 0 });
  const began = watch.way('h264');
  for (const [number, order] of [2, 1, 4, 3].entries()) watch.picture(picture(number + 1, { order }));
  expect(watch.way('h264')).toMatchObject({ passthrough: true, reorderDepth: 1 });
  expect(watch.objects(began)).toBe('pictures are reordered');
  expect(watch.objects(watch.way('h264'))).toBeUndefined();
  watch.picture(picture(9, { ...key(2), order: 0 }));
  expect(watch.way('h264')).toMatchObject({ reorderDepth: 0 });
});

test('timestamps that go back three times say that pictures come in decoding order', () => {
  const watch = new PictureWatch();
  watch.picture(picture(0, key()));
  const began = watch.way('h264');
  watch.wentBack();
  watch.wentBack();
  expect(watch.objects(began)).toBeUndefined();
  watch.wentBack();
  expect(watch.objects(began)).toBe('pictures come in decoding order');
  expect(watch.way('h264')).toMatchObject({ passthrough: false });
  // What is encoded anew takes every order.
  expect(watch.objects(watch.way('h264'))).toBeUndefined();
});
