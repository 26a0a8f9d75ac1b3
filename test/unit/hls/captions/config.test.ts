import { expect, test } from 'vitest';
import { captionsConfig, languagesFor } from '#src/hls/captions/config.ts';

test('languages of a stream, canonical', () => {
  const settings = captionsConfig.parse([
    { language: 'EN', name: 'English (typed)' },
    { stream: 'talk-*', language: 'pt-br' },
  ]);
  const of = (stream: string): readonly string[] =>
    languagesFor(settings, (pattern) => pattern === '*' || stream.startsWith(pattern.slice(0, -1))).map(
      ({ language }) => language,
    );
  expect(of('talk-1')).toEqual(['en', 'pt-BR']);
  expect(of('news')).toEqual(['en']);
});

test.each([
  [{ language: 'english please' }],
  [{ language: 'en-' }],
  [{ language: 'en-u' }],
  [{ language: '' }],
  [{ language: 'en', name: 'say "no"' }],
  [{ language: 'en', name: 'two\nlines' }],
  [{ language: 'en', stream: '../x' }],
  [{ language: 'en', extra: 1 }],
])('refused: %j', (entry) => {
  expect(captionsConfig.safeParse([entry]).success).toBe(false);
});
