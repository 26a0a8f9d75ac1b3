import type { SoundChoice } from '#src/core/cmaf.ts';
import type { SoundLabel } from '#src/core/media.ts';

/** What the settings say of one audio track of certain streams. */
export interface SoundRule {
  /** Pattern. */
  readonly stream: string;
  /** Counts from 1, in the order of the publisher's offer. */
  readonly track: number;
  readonly name?: string | undefined;
  readonly language?: string | undefined;
}

/** The rules of one stream, the first of each track; `matches` says whether a pattern means it. */
export function soundRulesFor(
  rules: readonly SoundRule[],
  matches: (pattern: string) => boolean,
): readonly SoundRule[] {
  const own = rules.filter(({ stream }) => matches(stream));
  return own.filter(({ track }, index) => own.findIndex((rule) => rule.track === track) === index);
}

/**
 * What viewers read of each sound: what the publisher says, else what the settings say, else its language or its number. Names
 * are made unlike each other, as a rendition group needs them (RFC 8216bis section 4.4.6.1.1). Nothing for a single sound of which
 * nothing is said.
 */
export function soundChoices(
  told: readonly SoundLabel[],
  rules: readonly SoundRule[],
): readonly SoundChoice[] {
  const count = Math.max(1, told.length);
  const labels = Array.from({ length: count }, (_, index) => labelOf(index, told[index], rules));
  if (count === 1 && labels.every(({ name, language }) => name === '' && language === '')) return [];
  const taken = new Set<string>();
  return labels.map(({ name, language }, index) => {
    const usual = index === 0 ? 'main' : `Sound ${String(index + 1)}`;
    const unique = unlike(name || (language === '' ? usual : languageName(language)), taken);
    taken.add(unique);
    return { index, name: unique, language };
  });
}

function labelOf(index: number, told: SoundLabel | undefined, rules: readonly SoundRule[]): SoundLabel {
  const rule = rules.find(({ track }) => track === index + 1);
  return { name: told?.name || (rule?.name ?? ''), language: told?.language || (rule?.language ?? '') };
}

/** A language's name in itself. */
function languageName(language: string): string {
  return new Intl.DisplayNames([language], { type: 'language', fallback: 'code' }).of(language) ?? language;
}

function unlike(name: string, taken: ReadonlySet<string>): string {
  let unique = name;
  for (let number = 2; taken.has(unique); number += 1) unique = `${name} ${String(number)}`;
  return unique;
}
