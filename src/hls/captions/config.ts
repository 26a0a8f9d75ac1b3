import { z } from 'zod';
import { languageTag, renditionName, streamPattern } from '#src/settings/shared.ts';

/** Languages in which a stream will have captions: known from its beginning, so that every player is offered them. */
export const captionsConfig = z
  .array(
    z
      .object({
        stream: streamPattern.default('*').describe('Streams that have it'),
        language: languageTag.describe('BCP 47 tag'),
        name: renditionName
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
