import { z } from 'zod';
import type { Action, AccessRequest } from '#src/core/access.ts';
import { globText } from '#src/core/glob.ts';
import type { Tier } from '#src/core/tier.ts';

/** The `act` claim: what a token is for, in the words of publishers and viewers. */
export const actOf: Readonly<Record<Action, 'publish' | 'play' | 'operate'>> = {
  publish: 'publish',
  view: 'play',
  operate: 'operate',
};

/** Values of the `aud` claim: the doors of this gateway. */
export type Audience = 'whip' | 'whep' | 'hls' | 'operate';

/** The claims that this gateway reads, signature and times checked already. */
export const claimsSchema = z.object({
  sub: z.string().min(1).max(200),
  aud: z
    .union([z.string(), z.array(z.string()).max(16)])
    .transform((aud) => (Array.isArray(aud) ? aud : [aud])),
  act: z.enum(['publish', 'play', 'operate']),
  stream: z.string().regex(globText).optional(),
  tier: z.enum(['interactive', 'broadcast']).optional(),
  maxHeight: z.int().min(1).max(100_000).optional(),
  // Of any name: who brings one that there is not is told what there is.
  ladder: z.string().min(1).max(64).optional(),
  jti: z.string().min(1).max(200).optional(),
  exp: z.number(),
});
/** The claims of a token. */
export type Claims = z.infer<typeof claimsSchema>;

/** Who may be named in `aud` for a request; one is enough. */
export function audiencesFor({ action, tier }: Pick<AccessRequest, 'action' | 'tier'>): readonly Audience[] {
  switch (action) {
    case 'publish':
      return ['whip'];
    case 'operate':
      return ['operate'];
    case 'view':
      return tier === undefined ? ['whep', 'hls'] : [audienceOf(tier)];
  }
}

/** The `aud` claim of a token that is made here. */
export function audiencesOf(action: Action, tier: Tier | undefined): readonly Audience[] {
  return audiencesFor({ action, tier });
}

function audienceOf(tier: Tier): Audience {
  return tier === 'interactive' ? 'whep' : 'hls';
}
