import { expect, test } from 'vitest';
import type { z } from 'zod';
import { commaSeparated, languageTag, renditionName, streamPattern } from '#src/settings/shared.ts';

const problemOf = (schema: z.ZodType, value: unknown): string | undefined =>
  schema.safeParse(value).error?.issues[0]?.message;

test('streams are named, or meant by a pattern', () => {
  expect(streamPattern.parse('show-*')).toBe('show-*');
  expect(problemOf(streamPattern, 'a/b')).toBe('a stream name, or a pattern with * and ?');
});

test('a language is read as its canonical spelling', () => {
  expect(languageTag.parse('PT-br')).toBe('pt-BR');
  expect(problemOf(languageTag, 'english!')).toBe('a language tag such as en or pt-BR');
});

test('a name can stand between the quotes of a playlist', () => {
  expect(renditionName.parse("L'été (stereo)")).toBe("L'été (stereo)");
  for (const name of ['a"b', 'a\nb', 'a\u2028b'])
    expect(problemOf(renditionName, name)).toBe('a name without quotes and control characters');
  for (const name of ['', 'x'.repeat(65)]) expect(problemOf(renditionName, name)).toBeDefined();
});

test('a list may be written with commas', () => {
  expect(commaSeparated(' a, b,,c ')).toEqual(['a', 'b', 'c']);
  expect(commaSeparated('')).toEqual([]);
  expect(commaSeparated(['a,b'])).toEqual(['a,b']);
});
