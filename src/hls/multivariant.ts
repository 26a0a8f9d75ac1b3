import { stringify, types } from 'hls-parser';
import type { ExtraEntry } from './extras.ts';
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

/** An extra rendition and where its playlist is. */
export interface ListedExtra {
  readonly uri: string;
  readonly entry: ExtraEntry;
}

const opus = 'Opus';

/** Everything that is offered, whichever way it comes. */
interface Offer {
  readonly sounds: readonly VariantFacts[];
  readonly videos: readonly VariantFacts[];
  /** Sounds that are offered as variants. */
  readonly alone: readonly VariantFacts[];
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
  const sounds = renditions
    .filter(({ facts }) => facts.kind === 'audio')
    .toSorted((one, other) => Number(one.facts.codecs === opus) - Number(other.facts.codecs === opus));
  const videos = renditions.filter(({ facts }) => facts.kind === 'video');
  const alone = videos.length === 0 ? sounds : audioOnly ? sounds.slice(0, 1) : [];
  const offer: Offer = { sounds, videos, alone, extras };
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
  return `${withoutClosedCaptions(stringify(playlist))}\n`;
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
    const { sounds, videos, alone } = this.#offer;
    const groups = sounds.length > 0 ? sounds : [undefined];
    return [
      ...groups.flatMap((audio) => videos.map((video) => this.#variant(video, audio))),
      ...alone.map((audio) => this.#variant(audio, undefined)),
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

  #variant(main: VariantFacts, audio: VariantFacts | undefined): types.Variant {
    const id = audio ? `${idOf(main.uri)}-${idOf(audio.uri)}` : idOf(main.uri);
    return new types.Variant({
      ...this.#common(main.uri, id),
      ...picture(main),
      bandwidth: main.peakBps + (audio?.peakBps ?? 0),
      averageBandwidth: main.averageBps + (audio?.averageBps ?? 0),
      codecs: audio ? `${main.facts.codecs},${audio.facts.codecs}` : main.facts.codecs,
      ...(main.frameRate > 0 && { frameRate: main.frameRate }),
      audio: audio ? [this.#audio(audio)] : [],
      subtitles: this.#offer.extras.flatMap((extra) => this.#subtitles(extra)),
    });
  }

  /** STABLE-VARIANT-ID lets players find the same variant on another pathway. */
  #common(uri: string, stableVariantId: string): Line {
    if (!this.#pathway) return { uri };
    return { uri: this.#uri(uri), pathwayId: this.#pathway.id, stableVariantId };
  }

  #audio({ uri, facts }: VariantFacts): Line {
    return {
      type: 'AUDIO',
      uri: this.#uri(uri),
      groupId: this.#group(facts.codecs === opus ? 'opus' : 'audio'),
      name: 'main',
      isDefault: true,
      autoselect: true,
      channels: String(facts.channels),
    };
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

function picture({ facts: { width, height, codecs } }: VariantFacts): Line {
  return { codecs, ...(width > 0 && { resolution: { width, height } }) };
}

/** Name of a media playlist without its folder. */
function idOf(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1).replace(/\.m3u8$/, '');
}
