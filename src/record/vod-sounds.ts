import type { InitLine, Journal } from './journal.ts';

/**
 * The rendition group of the sounds (RFC 8216bis section 4.4.6.1): the first, and those of the same codec that are there from its
 * beginning to its end. `renditions`: the newest facts of each.
 */
export function soundLines(
  { segments }: Journal,
  main: InitLine,
  renditions: readonly InitLine[],
): readonly string[] {
  const stretchesOf = (rendition: string): ReadonlySet<number> =>
    new Set(segments.flatMap((one) => (one.rendition === rendition ? [one.stretch] : [])));
  const needed = [...stretchesOf(main.rendition)];
  const others = renditions
    .filter(({ kind, codecs }) => kind === 'audio' && codecs === main.codecs)
    .filter(({ rendition, sound }) => {
      const there = stretchesOf(rendition);
      return indexOf(sound) > indexOf(main.sound) && needed.every((stretch) => there.has(stretch));
    })
    .toSorted((a, b) => indexOf(a.sound) - indexOf(b.sound));
  const names = new Set<string>();
  const languages = new Set(['']);
  return [main, ...others].flatMap(({ rendition, channels, sound }) => {
    const { name = 'main', language = '' } = sound ?? {};
    if (names.has(name)) return [];
    const isFirst = names.size === 0;
    const isNew = !languages.has(language);
    names.add(name);
    languages.add(language);
    return [
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="${name}"` +
        (language === '' ? '' : `,LANGUAGE="${language}"`) +
        (isFirst ? ',DEFAULT=YES' : '') +
        (isFirst || isNew ? ',AUTOSELECT=YES' : '') +
        `,CHANNELS="${channels}",URI="${rendition}.m3u8"`,
    ];
  });
}

function indexOf(sound: InitLine['sound']): number {
  return sound?.index ?? 0;
}
