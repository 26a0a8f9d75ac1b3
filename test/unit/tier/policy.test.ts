import { expect, test } from 'vitest';
import type { TierDecision, TierFacts } from '#src/core/tier.ts';
import { decideTier } from '#src/tier/policy.ts';

const rules = { interactiveLimitPerStream: 2, interactiveLimit: 3, allowBFrames: false };
const plain: TierFacts = {
  viewer: { webrtc: true, wants: undefined, codecs: undefined },
  stream: { codecs: ['h264', 'opus'], interactiveViewers: 0, broadcastReady: true, bFrames: false },
  node: { interactiveViewers: 0 },
};
const viewer = (more: Partial<TierFacts['viewer']>): TierFacts => ({
  ...plain,
  viewer: { ...plain.viewer, ...more },
});
const stream = (more: Partial<TierFacts['stream']>): TierFacts => ({
  ...plain,
  stream: { ...plain.stream, ...more },
});

test.each<[string, TierFacts, TierDecision]>([
  ['nothing special', plain, { tier: 'interactive', reason: 'default' }],
  ['no WebRTC', viewer({ webrtc: false, wants: 'interactive' }), { tier: 'broadcast', reason: 'no-webrtc' }],
  ['a token for broadcast', viewer({ granted: 'broadcast' }), { tier: 'broadcast', reason: 'not-granted' }],
  [
    'a token for the front row, whatever else there is',
    viewer({ granted: 'interactive', wants: 'broadcast', webrtc: false }),
    { tier: 'interactive', reason: 'not-granted' },
  ],
  [
    'asks for the only tier that the token opens',
    viewer({ granted: 'broadcast', wants: 'broadcast' }),
    { tier: 'broadcast', reason: 'requested' },
  ],
  ['other codecs', viewer({ codecs: ['vp8', 'opus'] }), { tier: 'broadcast', reason: 'no-common-codec' }],
  ['same codecs', viewer({ codecs: ['opus', 'h264'] }), { tier: 'interactive', reason: 'default' }],
  ['asks for broadcast', viewer({ wants: 'broadcast' }), { tier: 'broadcast', reason: 'requested' }],
  ['asks for the front row', viewer({ wants: 'interactive' }), { tier: 'interactive', reason: 'requested' }],
  ['B-frames', stream({ bFrames: true }), { tier: 'broadcast', reason: 'b-frames' }],
  [
    'B-frames and a wish',
    { ...viewer({ wants: 'interactive' }), stream: { ...plain.stream, bFrames: true } },
    { tier: 'broadcast', reason: 'b-frames' },
  ],
  ['stream full', stream({ interactiveViewers: 2 }), { tier: 'broadcast', reason: 'interactive-full' }],
  [
    'node full',
    { ...plain, node: { interactiveViewers: 3 } },
    { tier: 'broadcast', reason: 'interactive-full' },
  ],
  [
    'broadcast wanted but not there',
    { ...viewer({ wants: 'broadcast' }), stream: { ...plain.stream, broadcastReady: false } },
    { tier: 'interactive', reason: 'broadcast-unavailable' },
  ],
])('%s', (_, facts, decision) => {
  expect(decideTier(facts, rules)).toEqual(decision);
});
