import { z } from 'zod';
import { parseLanguage } from '#src/core/timed-text.ts';

const streamPattern = z
  .string()
  .regex(/^[A-Za-z0-9._*?-]{1,64}$/, 'a stream name, or a pattern with * and ?');
const languageTag = z
  .string()
  .refine((text) => parseLanguage(text) !== undefined, 'a language tag such as en or pt-BR')
  .transform((text) => parseLanguage(text) ?? text);

/** Languages in which a stream will have captions: known from its beginning, so that every player is offered them. */
export const captionsConfig = z
  .array(
    z
      .object({
        stream: streamPattern.default('*').describe('Streams that have it'),
        language: languageTag.describe('BCP 47 tag'),
        name: z
          .string()
          .min(1)
          .max(64)
          // It stands between quotes in a playlist.
          .regex(/^[^"\p{Cc}\u2028\u2029]*$/u, 'a name without quotes and control characters')
          .optional()
          .describe('What players call it; its name in the language itself when absent'),
      })
      .strict(),
  )
  .max(256);

/** A language that a stream will have captions in. */
export interface AnnouncedLanguage {
  /** Canonical. */
  readonly language: string;
  readonly name?: string | undefined;
}

/** Languages of one stream, by the settings. */
export function languagesFor(
  settings: z.infer<typeof captionsConfig>,
  matches: (pattern: string) => boolean,
): readonly AnnouncedLanguage[] {
  return settings.filter(({ stream }) => matches(stream)).map(({ language, name }) => ({ language, name }));
}
