import { expect, it } from 'vitest';

import type { SenderTotals } from '#public/publish/sender-stats.ts';
import { sendingFacts } from '#public/publish/sending-facts.ts';

const rates = { bitrateBps: 1_500_000, frameRate: 29.7, lossRatio: 0.01 };
const totals: Partial<SenderTotals> = {
  width: 640,
  height: 360,
  videoCodec: 'video/H264',
  audioCodec: 'audio/opus',
  roundTripSeconds: 0.02,
  limitedBy: 'none',
};

const told = (some: Partial<SenderTotals>): ReadonlyMap<unknown, unknown> =>
  new Map<unknown, unknown>(
    sendingFacts(some as SenderTotals, rates).map(([label, words]) => [label, words]),
  );

it('what is being sent is told with its units, and what is not known yet as such', () => {
  const facts = told(totals);
  expect(facts.get('Picture')).toBe('640 × 360 at 30 fps');
  expect(facts.get('Codecs')).toMatch(/^H\.264 \+ Opus$/i);
  expect(facts.get('Round trip')).toMatch(/20 ms/);
  expect(facts.get('Sending')).toMatch(/1\.5.*Mbit\/s/);
  const none = { ...totals, width: 0, roundTripSeconds: undefined, audioCodec: undefined };
  const early = told(none);
  expect([early.get('Picture'), early.get('Round trip')]).toEqual(['none', 'measuring…']);
  expect(early.get('Codecs')).toMatch(/^H\.264$/i);
});
