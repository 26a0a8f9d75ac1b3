import { z } from 'zod';
import { globText } from './glob.ts';
import { parseLanguage } from './timed-text.ts';

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
