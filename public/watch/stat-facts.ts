import type { Fact } from '../shared/facts.ts';
import { tierTechnology } from '../player/player-words.ts';
import type { TierStats } from '../player/tier.ts';
import { formatBitrate, formatCodec, formatLatency } from '../shared/format.ts';

/** The facts a viewer may want to know, the most important first; unknown ones are left out. */
export function statFacts(stats: TierStats): readonly Fact[] {
  const { latency, width, height, frameRate, bitrateBps, bufferMs } = stats;
  const facts: Fact[] = [
    ['Latency', latency === undefined ? 'measuring…' : `about ${formatLatency(latency.ms)}`, 'latency'],
    ['Transport', tierTechnology(stats.tier)],
  ];
  if (width > 0) facts.push(['Picture', `${width} × ${height}`]);
  if (frameRate !== undefined) facts.push(['Frame rate', `${Math.round(frameRate)} per second`]);
  if (bitrateBps !== undefined) facts.push(['Bitrate', formatBitrate(bitrateBps)]);
  const codecs = [stats.videoCodec, stats.audioCodec].filter((codec) => codec !== undefined && codec !== '');
  if (codecs.length > 0) facts.push(['Codecs', codecs.map((codec) => formatCodec(codec ?? '')).join(' + ')]);
  if (bufferMs !== undefined) facts.push(['Ready ahead', formatLatency(bufferMs)]);
  facts.push(['Standstills', String(stats.stalls)]);
  if (stats.framesDropped !== undefined) facts.push(['Frames dropped', String(stats.framesDropped)]);
  return [...facts, ...stats.more];
}
