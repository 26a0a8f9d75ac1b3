import { expect, test } from 'vitest';
import { concatList, stretchesOf } from '#src/record/stretches.ts';
import { madeJournal } from '#test/kit/record-segments.ts';

test('each stretch has its picture and its sound', () => {
  expect(stretchesOf(madeJournal([2, 1]))).toEqual([
    { video: 'v0_1.mp4', audio: 'a0_1.mp4', durationMs: 4_000 },
    { video: 'v0_2.mp4', audio: 'a0_2.mp4', durationMs: 2_000 },
  ]);
});

test('a stretch where one of them is missing has the other; one without media is left out', () => {
  const journal = madeJournal([1, 1, 1]);
  const segments = journal.segments.map((segment) => ({
    ...segment,
    gap: segment.stretch === 2 || (segment.stretch === 3 && segment.rendition === 'v0'),
  }));
  expect(stretchesOf({ ...journal, segments })).toEqual([
    { video: 'v0_1.mp4', audio: 'a0_1.mp4', durationMs: 2_000 },
    { video: undefined, audio: 'a0_3.mp4', durationMs: 2_000 },
  ]);
});

test('a list tells the length of each file, which fragmented MP4 does not', () => {
  expect(concatList([{ name: 'v0_1.mp4', durationMs: 1_234.5 }])).toBe(
    "ffconcat version 1.0\nfile 'v0_1.mp4'\nduration 1.23450\n",
  );
});
