import { describe, expect, test } from 'vitest';
import { type DateRange, renderDateRange } from '#src/hls/dateranges-tag.ts';
import { readAttributes } from '#test/kit/hls-reader.ts';

const range = (more: Partial<DateRange> = {}): DateRange => ({
  ...{ id: 'ad-1', class: undefined, startMs: 1_700_000_000_123, endMs: undefined, durationMs: undefined },
  ...{ plannedDurationMs: undefined, endOnNext: false, attributes: {} },
  ...more,
});

test('everything that there is to say, line by line', () => {
  const full = range({
    class: 'org.example.ad',
    durationMs: 15_250,
    plannedDurationMs: 30_000,
    attributes: { 'SCTE35-OUT': '0xfc302a', 'X-B': 1.5, 'X-A': "ünïcödé, with = and '", 'X-C': -3 },
  });
  expect(renderDateRange(full)).toBe(
    '#EXT-X-DATERANGE:ID="ad-1",CLASS="org.example.ad",START-DATE="2023-11-14T22:13:20.123Z",DURATION=15.25' +
      ',PLANNED-DURATION=30,SCTE35-OUT=0xFC302A,X-A="ünïcödé, with = and \'",X-B=1.5,X-C=-3',
  );
});

test.each<[Partial<DateRange>, string]>([
  [{}, 'ID="ad-1",START-DATE="2023-11-14T22:13:20.123Z"'],
  [{ durationMs: 0 }, 'ID="ad-1",START-DATE="2023-11-14T22:13:20.123Z",DURATION=0'],
  [
    { endMs: 1_700_000_001_000 },
    'ID="ad-1",START-DATE="2023-11-14T22:13:20.123Z",END-DATE="2023-11-14T22:13:21.000Z"',
  ],
  [
    { class: 'c', endOnNext: true },
    'ID="ad-1",CLASS="c",START-DATE="2023-11-14T22:13:20.123Z",END-ON-NEXT=YES',
  ],
  [
    { attributes: { 'X-E': 1e-7, 'X-F': 1e15 } },
    'ID="ad-1",START-DATE="2023-11-14T22:13:20.123Z",X-E=0,X-F=1000000000000000',
  ],
])('%j', (more, list) => {
  expect(renderDateRange(range(more))).toBe(`#EXT-X-DATERANGE:${list}`);
});

describe('whatever slipped through all checks does not reach a playlist', () => {
  test.each([
    [{ id: 'a"b' }],
    [{ id: 'a\nb' }],
    [{ class: 'a\u2028b' }],
    [{ attributes: { 'X-A': '"\n#EXT-X-ENDLIST\n' } }],
    [{ attributes: { 'X-A': '\r' } }],
    [{ attributes: { 'X-A="1",ID': 'x' } }],
    [{ attributes: { 'x-a': 'x' } }],
    [{ attributes: { DURATION: 3 } }],
  ])('%j', (more) => {
    expect(() => renderDateRange(range(more))).toThrow('no one checked');
  });
});

test('a reader finds the same', () => {
  const text = renderDateRange(range({ attributes: { 'X-A': 'a,b=c', 'X-B': 2 } }));
  const read = readAttributes(text.slice(text.indexOf(':') + 1));
  expect(Object.fromEntries(read)).toMatchObject({ ID: 'ad-1', 'X-A': 'a,b=c', 'X-B': '2' });
});
