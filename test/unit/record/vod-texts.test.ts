import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { VodTexts } from '#src/record/vod-texts.ts';

test('a playlist is written and compressed once for each state, and named by what it says', async () => {
  const texts = new VodTexts();
  const written: string[] = [];
  const get = (state: string): ReturnType<VodTexts['get']> =>
    texts.get('a', state, () => {
      written.push(state);
      return `text of ${state}`;
    });
  const [first, again, second] = [get('1'), get('1'), get('2')];
  expect(written).toEqual(['1', '2']);
  expect(again).toBe(first);
  expect(first?.gzip()).toBe(first?.gzip());
  expect(gunzipSync((await second?.gzip()) ?? Buffer.alloc(0)).toString()).toBe('text of 2');
  expect(first?.etag).toMatch(/^[\w-]{22}$/);
  expect(second?.etag).not.toBe(first?.etag);
  expect(texts.get('b', '1', () => 'text of 1')?.etag).toBe(first?.etag);
});

test('one that there is not is not looked for again until something has changed', () => {
  const texts = new VodTexts();
  let asked = 0;
  const none = (): undefined => {
    asked += 1;
    return undefined;
  };
  for (const state of ['1', '1', '2']) expect(texts.get('a', state, none)).toBeUndefined();
  expect(asked).toBe(2);
});

test('no more than so many, and so many bytes, are kept; the oldest go first', () => {
  const texts = new VodTexts({ playlists: 3, bytes: 100 });
  const written: string[] = [];
  const get = (key: string, text: string): unknown =>
    texts.get(key, '', () => {
      written.push(key);
      return text;
    });
  for (const key of ['a', 'b', 'c', 'd', 'd', 'b', 'a']) get(key, 'short');
  expect(written.splice(0)).toEqual(['a', 'b', 'c', 'd', 'a']);
  for (const key of ['large', 'larger', 'larger', 'large']) get(key, 'x'.repeat(60));
  expect(written).toEqual(['large', 'larger', 'large']);
});
