import { stringify, types } from 'hls-parser';
import type { ExtraEntry } from './extras.ts';
import type { InitFacts } from './init.ts';

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
}

/** An extra rendition and where its playlist is. */
export interface ListedExtra {
  readonly uri: string;
  readonly entry: ExtraEntry;
}

const opus = 'Opus';

/**
 * Writes the multivariant playlist (RFC 8216bis section 4.4.6): a variant for each video with each codec of the audio. A
 * group holds one codec, so that a player leaves out whole variants where it cannot play it (section 4.4.6.2.1); AAC, which
 * everybody plays, comes first.
 */
export function renderMultivariant(
  renditions: readonly VariantFacts[],
  { audioOnly = false, extras = [] }: MultivariantOptions = {},
): string {
  const sounds = renditions
    .filter(({ facts }) => facts.kind === 'audio')
    .toSorted((one, other) => Number(one.facts.codecs === opus) - Number(other.facts.codecs === opus));
  const videos = renditions.filter(({ facts }) => facts.kind === 'video');
  const alone = videos.length === 0 ? sounds : audioOnly ? sounds.slice(0, 1) : [];
  const subtitles = extras.flatMap(subtitlesOf);
  const variants = [
    ...(sounds.length > 0 ? sounds : [undefined]).flatMap((audio) =>
      videos.map((video) => variantOf(video, audio, subtitles)),
    ),
    ...alone.map((audio) => variantOf(audio, undefined, subtitles)),
  ];
  return `${stringify(new types.MasterPlaylist({ version: 9, variants }))}\n`;
}

type Line = Readonly<Record<string, unknown>>;

function variantOf(
  main: VariantFacts,
  audio: VariantFacts | undefined,
  subtitles: readonly Line[],
): types.Variant {
  const { width, height } = main.facts;
  const codecs = audio ? `${main.facts.codecs},${audio.facts.codecs}` : main.facts.codecs;
  return new types.Variant({
    uri: main.uri,
    bandwidth: main.peakBps + (audio?.peakBps ?? 0),
    averageBandwidth: main.averageBps + (audio?.averageBps ?? 0),
    codecs,
    ...(width > 0 && { resolution: { width, height } }),
    ...(main.frameRate > 0 && { frameRate: main.frameRate }),
    audio: audio ? [audioOf(audio)] : [],
    subtitles,
  });
}

/** The writer reads properties only; its own class wants every one of them that we have no use for. */
function audioOf({ uri, facts }: VariantFacts): Line {
  return {
    type: 'AUDIO',
    uri,
    groupId: facts.codecs === opus ? 'opus' : 'audio',
    name: 'main',
    isDefault: true,
    autoselect: true,
    channels: String(facts.channels),
  };
}

function subtitlesOf({ uri, entry }: ListedExtra): Line[] {
  if (entry.as !== 'subtitles') return [];
  const { language, name, isDefault } = entry;
  const is = { isDefault, autoselect: true, forced: false };
  return [{ type: 'SUBTITLES', uri, groupId: 'subtitles', name, language, ...is }];
}
