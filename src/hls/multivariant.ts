import { stringify, types } from 'hls-parser';
import type { SoundChoice } from '#src/core/cmaf.ts';
import type { ListedExtra } from './extras.ts';
import type { InitFacts } from './init.ts';
import type { Pathway } from './steering.ts';

/** What the multivariant playlist says about one media playlist. */
export interface VariantFacts {
  readonly uri: string;
  readonly facts: InitFacts;
  readonly peakBps: number;
  readonly averageBps: number;
  /** 0 for audio. */
  readonly frameRate: number;
  /** Which of several sounds; absent for one of which nothing is said. */
  readonly sound?: SoundChoice | undefined;
}

/** What a multivariant playlist offers beyond what there must be. */
export interface MultivariantOptions {
  /** A variant of sound alone beside those with pictures. */
  readonly audioOnly?: boolean;
  /** What no track of the encoder feeds. */
  readonly extras?: readonly ListedExtra[];
  /** New players begin this far behind the end (EXT-X-START). */
  readonly startBehindMs?: number | undefined;
  /** Several ways to the same media, the one to begin with first, and where players ask which to prefer. */
  readonly steering?: { readonly manifestUri: string; readonly pathways: readonly Pathway[] } | undefined;
}

const opus = 'Opus';

/** Everything that is offered, whichever way it comes. */
interface Offer {
  readonly groups: readonly SoundGroup[];
  readonly videos: readonly VariantFacts[];
  /** Sounds that are offered as variants. */
  readonly alone: readonly SoundGroup[];
  readonly extras: readonly ListedExtra[];
}

/**
 * Writes the multivariant playlist (RFC 8216bis section 4.4.6): a variant for each video with each codec of the audio. A
 * group holds one codec, so that a player leaves out whole variants where it cannot play it (section 4.4.6.2.1); AAC, which
 * everybody plays, comes first. With steering, all of it comes once for each pathway, with groups of its own (section 7.5).
 */
export function renderMultivariant(
  renditions: readonly VariantFacts[],
  { audioOnly = false, extras = [], startBehindMs, steering }: MultivariantOptions = {},
): string {
  const groups = soundGroups(renditions.filter(({ facts }) => facts.kind === 'audio'));
  const videos = renditions.filter(({ facts }) => facts.kind === 'video');
  const alone = videos.length === 0 ? groups : audioOnly ? groups.slice(0, 1) : [];
  const offer: Offer = { groups, videos, alone, extras };
  const ways = (steering?.pathways ?? [undefined]).map((pathway) => new Way(offer, pathway));
  const [first] = steering?.pathways ?? [];
  const steered = steering && first && { serverUri: steering.manifestUri, pathwayId: first.id };
  const playlist = new types.MasterPlaylist({
    version: 9,
    // Players begin with what comes first: whole pathways, and pictures for seeking behind them all.
    variants: [...ways.flatMap((way) => way.variants()), ...ways.flatMap((way) => way.iFrames())],
    ...(startBehindMs !== undefined && { start: { offset: -startBehindMs / 1000, precise: false } }),
  });
  Object.assign(playlist, steered && { contentSteering: steered });
  // Names come from publishers and settings, in whatever form of Unicode; playlists have one (section 4.1).
  return `${withoutClosedCaptions(stringify(playlist))}\n`.normalize('NFC');
}

/**
 * Captions are renditions of their own here. Where nothing is said, players look for captions inside the pictures, and
 * Shaka Player 5.2 does so in segments that are not complete. The writer would say it of I-frame playlists too, which must not
 * (section 4.4.6.3).
 */
function withoutClosedCaptions(text: string): string {
  return text.replaceAll(/^#EXT-X-STREAM-INF:.*$/gm, '$&,CLOSED-CAPTIONS=NONE');
}

/** The writer reads properties only; its own classes want every one of them that we have no use for. */
type Line = Readonly<Record<string, unknown>>;

/** One way to all of the media. */
class Way {
  readonly #offer: Offer;
  readonly #pathway: Pathway | undefined;

  constructor(offer: Offer, pathway: Pathway | undefined) {
    this.#offer = offer;
    this.#pathway = pathway;
  }

  variants(): types.Variant[] {
    const { groups, videos, alone } = this.#offer;
    const beside = groups.length > 0 ? groups : [undefined];
    return [
      ...beside.flatMap((group) => videos.map((video) => this.#variant(video, group))),
      ...alone.map((group) => this.#alone(group)),
    ];
  }

  iFrames(): types.Variant[] {
    return this.#offer.extras.flatMap(({ uri, entry }) => {
      if (entry.as !== 'i-frames') return [];
      const video = this.#offer.videos.find((each) => idOf(each.uri) === entry.of);
      if (!video) return [];
      const rates = { bandwidth: entry.peakBps, averageBandwidth: entry.averageBps };
      return [
        new types.Variant({
          ...this.#common(uri, idOf(uri)),
          ...picture(video),
          ...rates,
          isIFrameOnly: true,
        }),
      ];
    });
  }

  #variant(video: VariantFacts, group: SoundGroup | undefined): types.Variant {
    const id = group ? `${idOf(video.uri)}-${idOf(group.main.uri)}` : idOf(video.uri);
    return new types.Variant({
      ...this.#common(video.uri, id),
      ...picture(video),
      bandwidth: video.peakBps + (group?.peakBps ?? 0),
      averageBandwidth: video.averageBps + (group?.averageBps ?? 0),
      codecs: group ? `${video.facts.codecs},${group.main.facts.codecs}` : video.facts.codecs,
      ...(video.frameRate > 0 && { frameRate: video.frameRate }),
      audio: this.#sounds(group),
      subtitles: this.#offer.extras.flatMap((extra) => this.#subtitles(extra)),
    });
  }

  /** Sound without pictures: the group's first one, and the group where there is a choice. */
  #alone(group: SoundGroup): types.Variant {
    const { main, members, peakBps, averageBps } = group;
    return new types.Variant({
      ...this.#common(main.uri, idOf(main.uri)),
      ...{ bandwidth: peakBps, averageBandwidth: averageBps, codecs: main.facts.codecs },
      audio: members.length > 1 ? this.#sounds(group) : [],
      subtitles: this.#offer.extras.flatMap((extra) => this.#subtitles(extra)),
    });
  }

  /** STABLE-VARIANT-ID lets players find the same variant on another pathway. */
  #common(uri: string, stableVariantId: string): Line {
    if (!this.#pathway) return { uri };
    return { uri: this.#uri(uri), pathwayId: this.#pathway.id, stableVariantId };
  }

  #sounds(group: SoundGroup | undefined): Line[] {
    return (group?.members ?? []).map((member, index) => {
      const { uri, facts, sound } = member;
      const isFirst = index === 0;
      return {
        type: 'AUDIO',
        uri: this.#uri(uri),
        groupId: this.#group(facts.codecs === opus ? 'opus' : 'audio'),
        name: sound?.name ?? 'main',
        ...(sound && sound.language !== '' && { language: sound.language }),
        isDefault: isFirst,
        // Players choose among these by language alone, so that only the first of each may say it (section 4.4.6.1).
        autoselect: isFirst || isFirstOfLanguage(member, group?.members ?? []),
        channels: String(facts.channels),
      };
    });
  }

  #subtitles({ uri, entry }: ListedExtra): Line[] {
    if (entry.as !== 'subtitles') return [];
    const { language, name, isDefault } = entry;
    const is = { isDefault, autoselect: true, forced: false };
    return [
      { type: 'SUBTITLES', uri: this.#uri(uri), groupId: this.#group('subtitles'), name, language, ...is },
    ];
  }

  #uri(uri: string): string {
    return this.#pathway ? `${this.#pathway.base}${uri}` : uri;
  }

  #group(name: string): string {
    return this.#pathway ? `${name}-${this.#pathway.id}` : name;
  }
}

/** Sounds of one codec between which a player may change. */
interface SoundGroup {
  /** The one that is heard unless another is chosen. */
  readonly main: VariantFacts;
  /** All of them, that one first. */
  readonly members: readonly VariantFacts[];
  /** Of the largest. */
  readonly peakBps: number;
  readonly averageBps: number;
}

/** One group for each codec, in the order of the publisher's tracks. */
function soundGroups(sounds: readonly VariantFacts[]): readonly SoundGroup[] {
  const isOpus = ({ facts }: VariantFacts): boolean => facts.codecs === opus;
  return [sounds.filter((one) => !isOpus(one)), sounds.filter(isOpus)].flatMap((own) => {
    const sorted = own.toSorted((one, other) => (one.sound?.index ?? 0) - (other.sound?.index ?? 0));
    // Names were given by different publishers where one of them is gone: in a group no two may be equal (section 4.4.6.1.1).
    const members = [
      ...new Map(sorted.toReversed().map((one) => [one.sound?.name, one])).values(),
    ].toReversed();
    const [main] = members;
    if (!main) return [];
    const peakBps = Math.max(...members.map((member) => member.peakBps));
    return [{ main, members, peakBps, averageBps: Math.max(...members.map((member) => member.averageBps)) }];
  });
}

function isFirstOfLanguage({ sound }: VariantFacts, members: readonly VariantFacts[]): boolean {
  const language = sound?.language ?? '';
  return language !== '' && members.find((member) => member.sound?.language === language)?.sound === sound;
}

function picture({ facts: { width, height, codecs } }: VariantFacts): Line {
  return { codecs, ...(width > 0 && { resolution: { width, height } }) };
}

/** Name of a media playlist without its folder. */
function idOf(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1).replace(/\.m3u8$/, '');
}
