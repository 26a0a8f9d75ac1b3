import { z } from 'zod';
import type { TokenWish } from '#src/core/token-desk.ts';
import { Failure } from '#src/core/failure.ts';
import { ladderNames } from '#src/core/ladder.ts';
import { streamPattern } from '#src/settings/shared.ts';

const wishSchema = z
  .object({
    stream: streamPattern,
    // An operator's token makes no operators' tokens: it would renew itself for ever.
    action: z.enum(['publish', 'view', 'play']),
    expiresInS: z.int().min(1).max(604_800),
    tier: z.enum(['interactive', 'broadcast']).optional(),
    maxHeight: z.int().min(1).max(100_000).optional(),
    ladder: z.enum(ladderNames, `must be one of ${ladderNames.join(', ')}`).optional(),
    subject: z.string().min(1).max(200).default('minted'),
  })
  .strict()
  .refine(({ action, tier, maxHeight }) => action !== 'publish' || (tier ?? maxHeight) === undefined, {
    message: 'tier and maxHeight are for viewers',
    path: ['action'],
  })
  .refine(({ action, ladder }) => action === 'publish' || ladder === undefined, {
    message: 'is for publishers',
    path: ['ladder'],
  });

/** What the body of POST /api/tokens asks for; throws `bad-token-request`, which names every field that is wrong. */
export function readTokenWish(body: unknown): TokenWish {
  const result = wishSchema.safeParse(body);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'body'}: ${message}`,
    );
    throw new Failure('invalid', 'bad-token-request', problems.join('; ').slice(0, 500));
  }
  const { action, ...rest } = result.data;
  return { ...rest, action: action === 'play' ? 'view' : action };
}
