import { expect, test } from 'vitest';
import { soundLabel } from '#src/rtc/sound-label.ts';

const label = (title: string, ...languages: readonly string[]): ReturnType<typeof soundLabel> =>
  soundLabel({ title, languages });

test('a title and the first of the languages', () => {
  expect(label('Directors commentary', 'en-gb', 'fr')).toEqual({
    name: 'Directors commentary',
    language: 'en-GB',
  });
  expect(label('')).toEqual({ name: '', language: '' });
  expect(label('解説', 'ja')).toEqual({ name: '解説', language: 'ja' });
});

test.each(['', 'english please', 'e', 'en_US', 'x'.repeat(200), 'en-'.repeat(80), '"', '-'])(
  'a language of %j is none',
  (language) => {
    expect(label('a', language).language).toBe('');
  },
);

test('names fit between double quotes, in one line, in a menu', () => {
  expect(label('He said "no"').name).toBe("He said 'no'");
  expect(label(' \t a\u2028b\u202ec\u0000d\u200f ').name).toBe('a b c d');
  expect(label('x'.repeat(500)).name).toHaveLength(64);
  expect(Array.from(label('😀'.repeat(500)).name)).toHaveLength(64);
  expect(label('"'.repeat(3)).name).toBe("'''");
});
