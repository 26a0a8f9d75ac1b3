import { expect, test } from 'vitest';
import { SegmentStore } from '#src/hls/captions/segment-store.ts';

test('keeps what it is given until it is told to remove it', async () => {
  await using store = new SegmentStore(60_000);
  const text = Buffer.from('WEBVTT\n');
  store.put();
  expect([store.windowMs, store.full, store.state('a')]).toEqual([60_000, false, 'lost']);
  store.set('a', text);
  expect([store.state('a'), store.get('a'), await store.read('a')]).toEqual(['kept', text, text]);
  store.remove('a');
  expect([store.state('a'), await store.read('a')]).toEqual(['lost', undefined]);
});
