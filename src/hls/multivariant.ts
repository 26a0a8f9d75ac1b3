import { stringify, types } from 'hls-parser';
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

const audioGroup = 'audio';

/** Writes the multivariant playlist (RFC 8216bis section 4.4.6): one variant per video, all with the first audio. */
export function renderMultivariant(renditions: readonly VariantFacts[]): string {
  const audio = renditions.find(({ facts }) => facts.kind === 'audio');
  const videos = renditions.filter(({ facts }) => facts.kind === 'video');
  const variants = (videos.length > 0 ? videos : renditions.slice(0, 1)).map((main) =>
    variantOf(main, main === audio ? undefined : audio),
  );
  return `${stringify(new types.MasterPlaylist({ version: 9, variants }))}\n`;
}

function variantOf(main: VariantFacts, audio: VariantFacts | undefined): types.Variant {
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
  });
}

/** The writer reads properties only; its own class wants every one of them that we have no use for. */
function audioOf({ uri, facts }: VariantFacts): Readonly<Record<string, unknown>> {
  return {
    type: 'AUDIO',
    uri,
    groupId: audioGroup,
    name: 'main',
    isDefault: true,
    autoselect: true,
    channels: String(facts.channels),
  };
}
