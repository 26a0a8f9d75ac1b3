import type { Bitrates } from '#src/core/bitrates.ts';
import type { InitLine, Journal } from './journal.ts';

/** Sounds of one codec between which a player may change (RFC 8216bis section 4.4.6.1). */
export interface Sounds {
  readonly id: 'audio' | 'opus';
  /** The one that is heard unless another is chosen. */
  readonly main: InitLine;
  /** One for each of them, that one first. */
  readonly lines: readonly string[];
  /** Of the largest. */
  readonly rates: Bitrates;
}

const opus = 'Opus';

/**
 * The rendition groups of the sounds, one for each codec, so that a player leaves out whole variants where it cannot play one; AAC,
 * which everybody plays, comes first. A sound that is not there from the beginning to the end would leave holes and is not listed.
 * `renditions`: the newest facts of what can be played.
 */
export function soundsOf(
  journal: Journal,
  renditions: readonly InitLine[],
  rates: ReadonlyMap<string, Bitrates>,
): readonly Sounds[] {
  const sounds = renditions.filter(({ kind }) => kind === 'audio');
  const needed = [...stretchesOf(journal, sounds.find(({ codecs }) => codecs !== opus) ?? sounds[0])];
  return (['audio', 'opus'] as const).flatMap((id) => {
    const own = sounds.filter(({ codecs }) => (codecs === opus) === (id === 'opus'));
    const lasting = own.filter((sound) => {
      const there = stretchesOf(journal, sound);
      return needed.every((stretch) => there.has(stretch));
    });
    const [main] = lasting;
    if (!main) return [];
    const members = membersOf(main, lasting);
    const most = (of: keyof Bitrates): number =>
      Math.max(...members.map(({ rendition }) => rates.get(rendition)?.[of] ?? 0));
    return [
      {
        ...{ id, main, lines: linesOf(id, members) },
        rates: { peakBps: most('peakBps'), averageBps: most('averageBps') },
      },
    ];
  });
}

/** In the order of the publisher's tracks. Publishers that came one after the other may have given a name twice. */
function membersOf(main: InitLine, lasting: readonly InitLine[]): readonly InitLine[] {
  const others = lasting
    .filter(({ codecs, sound }) => codecs === main.codecs && indexOf(sound) > indexOf(main.sound))
    .toSorted((a, b) => indexOf(a.sound) - indexOf(b.sound));
  const byName = new Map<string, InitLine>();
  for (const one of [main, ...others]) if (!byName.has(nameOf(one))) byName.set(nameOf(one), one);
  return [...byName.values()];
}

function linesOf(id: Sounds['id'], members: readonly InitLine[]): readonly string[] {
  const languages = new Set(['']);
  return members.map((member, at) => {
    const { rendition, channels, sound } = member;
    const language = sound?.language ?? '';
    const isNew = !languages.has(language);
    languages.add(language);
    return (
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${id}",NAME="${nameOf(member)}"` +
      (language === '' ? '' : `,LANGUAGE="${language}"`) +
      (at === 0 ? ',DEFAULT=YES' : '') +
      (at === 0 || isNew ? ',AUTOSELECT=YES' : '') +
      `,CHANNELS="${channels}",URI="${rendition}.m3u8"`
    );
  });
}

function stretchesOf({ segments }: Journal, sound: InitLine | undefined): ReadonlySet<number> {
  return new Set(segments.flatMap((one) => (one.rendition === sound?.rendition ? [one.stretch] : [])));
}

function nameOf({ sound }: InitLine): string {
  return sound?.name ?? 'main';
}

function indexOf(sound: InitLine['sound']): number {
  return sound?.index ?? 0;
}
