import { expect, test } from 'vitest';
import { durationText, element, escapeXml } from '#src/hls/dash/xml.ts';

test('whatever is written into an attribute stays inside it', () => {
  expect(element('a', { name: `"/><script>&'` })).toBe('<a name="&quot;/&gt;&lt;script&gt;&amp;&apos;"/>');
});

test('characters that no XML may hold are replaced, all others kept', () => {
  expect(escapeXml('a\0b\u001fc\ud800d\uffff')).toBe('a\ufffdb\ufffdc\ufffdd\ufffd');
  expect(escapeXml('ü 漢 😀')).toBe('ü 漢 😀');
});

test('attributes without a value are left out, children follow in order', () => {
  const child = element('b', { n: 1, on: false });
  expect(element('a', { x: undefined, y: '' }, [child, child])).toBe(
    '<a y=""><b n="1" on="false"/><b n="1" on="false"/></a>',
  );
});

test('times are exact to the millisecond, also those since 1970', () => {
  expect(durationText(1_795_287_360_123)).toBe('PT1795287360.123S');
  expect(durationText(0.4)).toBe('PT0.000S');
  expect(durationText(-5)).toBe('PT0.000S');
});
