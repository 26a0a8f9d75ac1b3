import type { TierDecision, TierFacts, TierReason, TierRules, Tier } from '#src/core/tier.ts';

/**
 * Chooses the tier of one viewer. Pure: the order of the lines is the policy, the first that applies wins.
 * What a token grants comes first, because elsewhere its viewer would be refused; capability comes before wishes, wishes
 * before capacity; capacity is never exceeded by a wish.
 */
export function decideTier({ viewer, stream, node }: TierFacts, rules: TierRules): TierDecision {
  if (viewer.granted !== undefined)
    return choose(viewer.granted, viewer.wants === viewer.granted ? 'requested' : 'not-granted');
  if (!viewer.webrtc) return choose('broadcast', 'no-webrtc');
  if (viewer.codecs && !stream.codecs.every((codec) => viewer.codecs?.includes(codec)))
    return choose('broadcast', 'no-common-codec');
  if (stream.bFrames && !rules.allowBFrames) return choose('broadcast', 'b-frames');
  if (viewer.wants === 'broadcast' && stream.broadcastReady) return choose('broadcast', 'requested');
  if (stream.interactiveViewers >= rules.interactiveLimitPerStream)
    return choose('broadcast', 'interactive-full');
  if (node.interactiveViewers >= rules.interactiveLimit) return choose('broadcast', 'interactive-full');
  if (viewer.wants === 'broadcast') return choose('interactive', 'broadcast-unavailable');
  if (viewer.wants === 'interactive') return choose('interactive', 'requested');
  return choose('interactive', 'default');
}

function choose(tier: Tier, reason: TierReason): TierDecision {
  return { tier, reason };
}
