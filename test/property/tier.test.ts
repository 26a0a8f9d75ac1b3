import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TierFacts, TierRules } from '#src/core/tier.ts';
import { decideTier } from '#src/tier/policy.ts';

const count = fc.integer({ min: 0, max: 20 });
const facts: fc.Arbitrary<TierFacts> = fc.record({
  viewer: fc.record({
    webrtc: fc.boolean(),
    wants: fc.constantFrom(undefined, 'interactive' as const, 'broadcast' as const),
    codecs: fc.option(fc.subarray(['h264', 'vp8', 'opus']), { nil: undefined }),
  }),
  stream: fc.record({
    codecs: fc.subarray(['h264' as const, 'vp8' as const, 'opus' as const], { minLength: 1 }),
    interactiveViewers: count,
    broadcastReady: fc.boolean(),
    bFrames: fc.boolean(),
  }),
  node: fc.record({ interactiveViewers: count }),
});
const rules: fc.Arbitrary<TierRules> = fc.record({
  interactiveLimitPerStream: count,
  interactiveLimit: count,
  allowBFrames: fc.boolean(),
});

const full = (f: TierFacts, r: TierRules): boolean =>
  f.stream.interactiveViewers >= r.interactiveLimitPerStream ||
  f.node.interactiveViewers >= r.interactiveLimit;

test('the front row is never overfilled, whatever a viewer asks', () => {
  fc.assert(
    fc.property(facts, rules, (f, r) => {
      if (full(f, r)) expect(decideTier(f, r).tier).toBe('broadcast');
    }),
  );
});

test('a viewer without WebRTC, or without the codec, is never sent to it', () => {
  fc.assert(
    fc.property(facts, rules, (f, r) => {
      const lacksCodec =
        f.viewer.codecs && f.stream.codecs.some((codec) => !f.viewer.codecs?.includes(codec));
      if (!f.viewer.webrtc || lacksCodec) expect(decideTier(f, r).tier).toBe('broadcast');
    }),
  );
});

test('nobody is sent to WebRTC for B-frames that a browser cannot play, unless the rules allow it', () => {
  fc.assert(
    fc.property(facts, rules, (f, r) => {
      if (f.stream.bFrames && !r.allowBFrames) expect(decideTier(f, r).tier).toBe('broadcast');
    }),
  );
});

test('more capacity never moves a viewer out of the front row', () => {
  fc.assert(
    fc.property(facts, rules, count, (f, r, more) => {
      const roomier = {
        interactiveLimitPerStream: r.interactiveLimitPerStream + more,
        interactiveLimit: r.interactiveLimit + more,
        allowBFrames: r.allowBFrames,
      };
      if (decideTier(f, r).tier === 'interactive') expect(decideTier(f, roomier).tier).toBe('interactive');
    }),
  );
});

test('a wish that can be met is met, and the reason says so', () => {
  fc.assert(
    fc.property(facts, rules, (f, r) => {
      const able = {
        ...f,
        viewer: { ...f.viewer, webrtc: true, codecs: undefined },
        stream: { ...f.stream, bFrames: f.stream.bFrames && r.allowBFrames },
      };
      const decision = decideTier(able, r);
      if (able.viewer.wants === 'broadcast' && able.stream.broadcastReady)
        expect(decision).toEqual({ tier: 'broadcast', reason: 'requested' });
      if (able.viewer.wants === 'interactive' && !full(able, r))
        expect(decision).toEqual({ tier: 'interactive', reason: 'requested' });
    }),
  );
});
