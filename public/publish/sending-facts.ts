import type { Fact } from '../shared/facts.ts';
import { formatBitrate, formatCodec, formatLatency, formatRatio } from '../shared/format.ts';
import { limitWords, type SenderRates, type SenderTotals } from './sender-stats.ts';

/** What the page tells of what is being sent. */
export function sendingFacts(now: SenderTotals, rates: SenderRates): readonly Fact[] {
  const codecs = [now.videoCodec, now.audioCodec].filter((codec) => codec !== undefined).map(formatCodec);
  return [
    ['Sending', formatBitrate(rates.bitrateBps)],
    [
      'Picture',
      now.width === 0 ? 'none' : `${now.width} × ${now.height} at ${Math.round(rates.frameRate)} fps`,
    ],
    ['Codecs', codecs.join(' + ')],
    [
      'Round trip',
      now.roundTripSeconds === undefined ? 'measuring…' : formatLatency(now.roundTripSeconds * 1000),
    ],
    ['Loss', formatRatio(rates.lossRatio)],
    ['Limited by', limitWords(now.limitedBy)],
  ];
}
