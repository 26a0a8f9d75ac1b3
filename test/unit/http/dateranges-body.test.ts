import { expect, test } from 'vitest';
import { readDateRange } from '#src/http/routes/dateranges-body.ts';

const start = '2026-11-21T20:15:00Z';
const startMs = Date.UTC(2026, 10, 21, 20, 15);
const read = (body: unknown) => readDateRange(JSON.stringify(body));

test('an instant, a stretch, and one whose end is not known yet', () => {
  expect(read({ id: 'a', start, durationMs: 0 })).toMatchObject({
    ...{ id: 'a', start: { wallMs: startMs }, end: { durationMs: 0 }, attributes: {} },
  });
  expect(read({ id: 'a', start, end: '2026-11-21T20:16:00Z' }).end).toEqual({ wallMs: startMs + 60_000 });
  expect(read({ id: 'a', in: 'now', plannedDurationMs: 30_000 })).toMatchObject({
    ...{ start: { inMs: 0 }, end: undefined, plannedDurationMs: 30_000 },
  });
});

test('attributes of the operator, and splice information', () => {
  const body = {
    ...{ id: 'break-1', class: 'org.example.break', in: 250, endOnNext: true },
    scte35: { out: '0xFC30' },
    attributes: { 'X-COM-EXAMPLE-NAME': 'it’s “quoted”', 'X-COM-EXAMPLE-SCORE': 1.5 },
  };
  expect(read(body)).toMatchObject({
    ...{ class: 'org.example.break', endOnNext: true, start: { inMs: 250 } },
    attributes: {
      ...{ 'X-COM-EXAMPLE-NAME': 'it’s “quoted”', 'X-COM-EXAMPLE-SCORE': 1.5, 'SCTE35-OUT': '0xFC30' },
    },
  });
});

test('texts are in the form of Unicode that playlists have', () => {
  const decomposed = 'e\u0301';
  expect(read({ id: 'a', start, class: decomposed, attributes: { 'X-A': decomposed } })).toMatchObject({
    class: '\u00e9',
    attributes: { 'X-A': '\u00e9' },
  });
});

const good = { id: 'a', start };

test.each<[string, unknown, string]>([
  ['nothing', null, 'body: '],
  ['no id', { start }, 'id: '],
  ['an id with a quote', { ...good, id: 'a"b' }, 'id: '],
  ['an id with a tab', { ...good, id: 'a\tb' }, 'id: '],
  ['a class that ends its quotes', { ...good, class: 'a",END-ON-NEXT=YES,X-B="' }, 'class: '],
  ['a value with a line break', { ...good, attributes: { 'X-A': 'a\n#EXT-X-ENDLIST' } }, 'attributes.X-A: '],
  ['a value with a carriage return', { ...good, attributes: { 'X-A': 'a\rb' } }, 'attributes.X-A: '],
  ['a value with a quote', { ...good, attributes: { 'X-A': '"' } }, 'attributes.X-A: '],
  ['a value that is too long', { ...good, attributes: { 'X-A': 'x'.repeat(2_049) } }, 'attributes.X-A: '],
  ['a value that is an object', { ...good, attributes: { 'X-A': {} } }, 'attributes.X-A: '],
  ['a name in lower case', { ...good, attributes: { 'x-a': '1' } }, 'attributes'],
  ['a name of the specification', { ...good, attributes: { DURATION: 1 } }, 'attributes'],
  ['a name with an equals sign', { ...good, attributes: { 'X-A=1,ID': 'b' } }, 'attributes'],
  [
    'too many',
    { ...good, attributes: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`X-${index}`, 1])) },
    'attributes: at most 16',
  ],
  ['half a byte', { ...good, scte35: { out: '0xF' } }, 'scte35.out: '],
  ['bytes without 0x', { ...good, scte35: { cmd: 'FC30' } }, 'scte35.cmd: '],
  ['two starts', { ...good, in: 'now' }, 'start: '],
  ['two ends', { ...good, end: start, durationMs: 0 }, 'end: '],
  ['an end before its start', { ...good, end: '2026-11-21T20:14:59Z' }, 'end: '],
  ['an end a century later', { ...good, end: '2126-11-21T20:14:59Z' }, 'end: '],
  ['more than a day', { ...good, durationMs: 86_400_001 }, 'durationMs: '],
  ['half a millisecond', { ...good, durationMs: 0.5 }, 'durationMs: '],
  ['the next of no class', { ...good, endOnNext: true }, 'endOnNext: '],
  ['the next, and an end', { ...good, class: 'c', endOnNext: true, durationMs: 5 }, 'endOnNext: '],
  ['an unknown field', { ...good, cue: 'PRE' }, 'body: '],
])('%s is refused by name', (_what, body, words) => {
  expect(() => read(body)).toThrow(
    expect.objectContaining({
      ...{ kind: 'invalid', code: 'bad-daterange' },
      message: expect.stringContaining(words) as unknown,
    }),
  );
});

test('what is no JSON', () => {
  expect(() => readDateRange('{')).toThrow(expect.objectContaining({ code: 'bad-daterange' }));
});
