import { z } from 'zod';
import { globText } from '#src/core/glob.ts';
import { parseLanguage } from '#src/core/timed-text.ts';

/** Which streams something is for: one name, or all that fit a pattern (`globMatches` tells). */
export const streamPattern = z.string().regex(globText, 'a stream name, or a pattern with * and ?');

/** A language (BCP 47); read as its canonical spelling. */
export const languageTag = z
  .string()
  .refine((text) => parseLanguage(text) !== undefined, 'a language tag such as en or pt-BR')
  .transform((text) => parseLanguage(text) ?? text);

/** What players call a rendition. */
export const renditionName = z
  .string()
  .min(1)
  .max(64)
  // It stands between quotes in a playlist.
  .regex(/^[^"\p{Cc}\u2028\u2029]*$/u, 'a name without quotes and control characters');

/** A list that may also be written with commas, as in the environment. */
export function commaSeparated(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const parts = value.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}
