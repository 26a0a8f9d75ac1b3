import { expect, it } from 'vitest';
import { transportWord, wishWords } from '#public/dashboard/viewer-table.ts';

it.each([
  [{}, 'auto'],
  [{ off: true, maxHeight: 480 }, 'no picture'],
  [{ rid: 'h' }, 'layer h'],
  [{ picture: 'smallest' }, 'smallest picture'],
  [{ spatialLayer: 1, temporalLayer: 0 }, 'S1T0'],
  [{ maxSpatialLayer: 1, maxHeight: 480 }, 'up to S1, up to 480 lines'],
  [{ maxTemporalLayer: 2, maxWidth: 640 }, 'up to T2, up to 640 columns'],
] as const)('a wish for %j is told as "%s"', (wish, words) => {
  expect(wishWords(wish)).toBe(words);
});

it('says what media goes over', () => {
  expect([transportWord('udp'), transportWord('tcp'), transportWord(undefined)]).toEqual(['UDP', 'TCP', '–']);
});
