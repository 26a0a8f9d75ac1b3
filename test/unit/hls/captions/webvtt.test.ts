import { describe, expect, test } from 'vitest';
import { escapeText, renderWebVtt, timestamp } from '#src/hls/captions/webvtt.ts';
import { readVtt } from '#test/kit/webvtt-reader.ts';

const at = { wallMs: 1_700_000_000_000, mediaMs: 10_000 };
const cue = (startMs: number, endMs: number, more = {}) => ({
  ...{ id: `at-${startMs}`, text: 'words', place: {} },
  startMs: at.wallMs + startMs,
  endMs: at.wallMs + endMs,
  ...more,
});

test('a segment without captions is a header', () => {
  expect(renderWebVtt([], at)).toBe('WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n');
  expect(readVtt(renderWebVtt([], at)).cues).toEqual([]);
});

test('cues stand in order, with media times, whole', () => {
  const text = renderWebVtt([cue(2_000.4, 3_000), cue(-500, 1_500, { text: 'one\ntwo' })], at);
  expect(text).toBe(`WEBVTT
X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000

at--500
00:00:09.500 --> 00:00:11.500
one
two

at-2000.4
00:00:12.000 --> 00:00:13.000
words
`);
});

test('no time is negative and no cue without length', () => {
  const [read] = readVtt(renderWebVtt([cue(-20_000, -10_000)], at)).cues;
  expect(read).toMatchObject({ startMs: 0, endMs: 1 });
});

test('the place in the picture', () => {
  const place = { align: 'start', position: 10.5, line: 90, size: 40 } as const;
  expect(readVtt(renderWebVtt([cue(0, 1_000, { place })], at)).cues[0]?.settings).toBe(
    'align:start position:10.5% line:90% size:40%',
  );
});

test.each([
  [0, '00:00:00.000'],
  [3_599_999, '00:59:59.999'],
  [360_061_001, '100:01:01.001'],
])('%d ms is %s', (ms, text) => {
  expect(timestamp(ms)).toBe(text);
});

describe('text of people', () => {
  test.each([
    ['a < b && c > d', 'a &lt; b &amp;&amp; c &gt; d'],
    ['<b>bold</b>', '&lt;b&gt;bold&lt;/b&gt;'],
    ['00:00 --> 00:01', '00:00 --&gt; 00:01'],
    ['one\r\n\r\n\ntwo\rthree', 'one\ntwo\nthree'],
    ['\u0000a\u0007b\tc\u007F', 'a b c'],
    ['  spaced  ', 'spaced'],
    ['héllo 日本 🎤', 'héllo 日本 🎤'],
  ])('%j', (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });

  test('cannot end its cue or begin another', () => {
    const text = 'x\n\n2\n00:00:01.000 --> 00:00:02.000\nsmuggled\n\nNOTE y';
    expect(readVtt(renderWebVtt([cue(0, 1_000, { text })], at)).cues).toHaveLength(1);
  });
});
