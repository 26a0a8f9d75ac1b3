import { describe, expect, test } from 'vitest';
import { readCaptions } from '#src/http/routes/captions-body.ts';

const said = { language: 'en', text: 'Hello' };
const good = { ...said, in: 'now', durationMs: 2_000 };
const one = (body: unknown) => readCaptions(JSON.stringify(body), { isLines: false });

describe('what is taken', () => {
  test('from now on, or so long from now', () => {
    expect(one(good)).toEqual({
      isList: false,
      wishes: [
        {
          ...{ id: undefined, language: 'en', text: 'Hello', place: {} },
          start: { inMs: 0 },
          end: { durationMs: 2_000 },
        },
      ],
    });
    expect(one({ ...good, in: 1_500 }).wishes[0]?.start).toEqual({ inMs: 1_500 });
  });

  test('by the wall clock, in any zone', () => {
    const body = { ...said, start: '2026-11-21T20:15:00.250Z', end: '2026-11-21T21:15:02+01:00' };
    expect(one(body).wishes[0]).toMatchObject({
      start: { wallMs: Date.UTC(2026, 10, 21, 20, 15, 0, 250) },
      end: { wallMs: Date.UTC(2026, 10, 21, 20, 15, 2) },
    });
  });

  test('with a place and an id, its language in the one spelling', () => {
    const body = { ...good, id: 'cue-7.a:b', language: 'PT-br', settings: { align: 'start', line: 90 } };
    expect(one(body).wishes[0]).toMatchObject({
      ...{ id: 'cue-7.a:b', language: 'pt-BR', place: { align: 'start', line: 90 } },
    });
  });

  test('several, as an array or one on each line', () => {
    const list = [good, { ...good, text: 'two' }];
    expect(one(list)).toMatchObject({ isList: true, wishes: [{ text: 'Hello' }, { text: 'two' }] });
    const lines = `${list.map((each) => JSON.stringify(each)).join('\n')}\n\n`;
    expect(readCaptions(lines, { isLines: true })).toEqual(one(list));
  });
});

const endless = { ...said, in: 'now' };
const beginless = { ...said, durationMs: 2_000 };
const start = '2026-11-21T20:15:00Z';

test.each<[string, unknown, string]>([
  ['nothing', null, 'caption: '],
  ['no language', { ...good, language: undefined }, 'language: '],
  ['a word for a language', { ...good, language: 'english' }, 'language: '],
  ['a path for a language', { ...good, language: '../en' }, 'language: '],
  ['no text', { ...good, text: '' }, 'text: '],
  ['blanks', { ...good, text: ' \n\t\u0000' }, 'text: '],
  ['too much text', { ...good, text: 'ü'.repeat(513) }, 'text: at most 1024 bytes'],
  ['no start', beginless, 'start: either start or in'],
  ['two starts', { ...good, start }, 'start: either start or in'],
  ['no end', endless, 'end: either end or durationMs'],
  ['two ends', { ...good, end: start }, 'end: '],
  ['an end by the clock of a start that is not', { ...endless, end: start }, 'end: with in'],
  [
    'an end before its start',
    { ...beginless, durationMs: undefined, start, end: '2026-11-21T20:14:59Z' },
    'end: ',
  ],
  ['a minute and more', { ...good, durationMs: 60_001 }, 'durationMs: '],
  [
    'a minute and more by the clock',
    { ...beginless, durationMs: undefined, start, end: '2026-11-21T20:16:01Z' },
    'end: ',
  ],
  ['a flash', { ...good, durationMs: 99 }, 'durationMs: '],
  ['a local time', { ...beginless, start: '2026-11-21T20:15:00' }, 'start: '],
  ['a number for a time', { ...beginless, start: 1_700_000_000_000 }, 'start: '],
  ['a day that is none', { ...beginless, start: '2026-02-30T00:00:00Z' }, 'start: '],
  ['the far future', { ...good, in: 600_001 }, 'in: '],
  ['the past', { ...good, in: -1 }, 'in: '],
  ['an id with a line break', { ...good, id: 'a\nb' }, 'id: '],
  ['an id that is an arrow', { ...good, id: '-->' }, 'id: '],
  ['a place outside', { ...good, settings: { line: 101 } }, 'settings.line: '],
  ['a place of markup', { ...good, settings: { align: 'start\n' } }, 'settings.align: '],
  ['an unknown field', { ...good, colour: 'red' }, 'caption: '],
  ['a list with a mistake', [good, { ...good, text: 5 }], '1.text: '],
  ['an empty list', [], 'there is no caption in it'],
  ['too long a list', Array.from({ length: 101 }, () => good), 'at most 100'],
])('%s is refused by name', (_what, body, words) => {
  expect(() => one(body)).toThrow(
    expect.objectContaining({
      ...{ kind: 'invalid', code: 'bad-caption' },
      message: expect.stringContaining(words) as unknown,
    }),
  );
});

test.each([
  ['{', false, 'the body is no JSON'],
  ['', false, 'the body is no JSON'],
  [`${JSON.stringify(good)}\n{`, true, 'line 2 is no JSON'],
  ['\n', true, 'there is no caption in it'],
])('%j is no list of captions', (text, isLines, words) => {
  expect(() => readCaptions(text, { isLines })).toThrow(
    expect.objectContaining({ code: 'bad-caption', message: expect.stringContaining(words) as unknown }),
  );
});
