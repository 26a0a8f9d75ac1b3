import { describe, expect, test } from 'vitest';
import { journalText, readJournal } from '#src/record/journal.ts';
import { madeHead, madeJournal } from '#test/kit/record-segments.ts';

const { inits, segments, end } = madeJournal([3, 2]);
const entries = [madeHead, ...inits, ...segments, ...(end ? [end] : [])];
const whole = entries.map(journalText).join('');

describe('a journal', () => {
  test('reads as it was written', () => {
    expect(readJournal(whole)).toEqual({ head: madeHead, inits, segments, end, soundBytes: whole.length });
  });

  test('cut anywhere gives the whole lines in front of the cut', () => {
    for (let length = 0; length < whole.length; length += 7) {
      const cut = readJournal(whole.slice(0, length));
      const lines = whole.slice(0, length).split('\n').length - 1;
      if (lines === 0) expect(cut).toBeUndefined();
      else {
        expect(cut?.end).toBeUndefined();
        expect(1 + (cut?.inits.length ?? 0) + (cut?.segments.length ?? 0)).toBe(lines);
        expect(whole.slice(0, cut?.soundBytes)).toBe(whole.slice(0, length).replace(/[^\n]*$/, ''));
      }
    }
  });

  test.each([
    ['text', 'hello\n'],
    ['another kind of line', '{"t":"else"}\n'],
    ['a second head', journalText(madeHead)],
    ['a path as a rendition', whole.split('\n')[1]?.replace('v0', '../v0') ?? ''],
    ['a negative place', `${JSON.stringify({ ...segments[0], offset: -1 })}\n`],
  ])('ends in front of %s', (_what, wrong) => {
    const read = readJournal(journalText(madeHead) + wrong + whole.slice(whole.indexOf('\n') + 1));
    expect(read).toEqual({
      head: madeHead,
      inits: [],
      segments: [],
      end: undefined,
      soundBytes: journalText(madeHead).length,
    });
  });

  test('without its head is none', () => {
    expect(readJournal('')).toBeUndefined();
    expect(readJournal(whole.slice(whole.indexOf('\n') + 1))).toBeUndefined();
  });
});
