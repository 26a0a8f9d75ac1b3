import type { SoundLabel } from '#src/core/media.ts';
import { parseLanguage } from '#src/core/timed-text.ts';
import type { OfferedSection } from './offer.ts';

/** Characters of a name: what a menu can show. */
const maxNameCharacters = 64;

/**
 * What an m-section says of its sound: its title (RFC 8866 section 5.4) and the first of its languages (section 6.12). A tag that
 * is none is passed over: a wrong word about it must not keep a publisher off the air.
 */
export function soundLabel({ title, languages }: Pick<OfferedSection, 'title' | 'languages'>): SoundLabel {
  const [language = ''] = languages;
  return { name: plainName(title), language: parseLanguage(language) ?? '' };
}

/** Of a stranger's text, what can be shown and put between double quotes: no controls, nothing invisible that turns or breaks lines. */
function plainName(text: string): string {
  const plain = text
    .replaceAll('"', "'")
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return Array.from(plain).slice(0, maxNameCharacters).join('').trim();
}
