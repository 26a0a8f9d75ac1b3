/** How far behind the publisher players of LL-HLS stay: the length of parts, of which they keep three between them and the edge. */
export const profileNames = ['ultra', 'standard'] as const;
export type ProfileName = (typeof profileNames)[number];

/**
 * Wished length of a part. `ultra` is for viewers whose round trip is well below it; `standard` asks half as often, which lines and
 * caches far away need.
 */
const partTargetsMs: Readonly<Record<ProfileName, number>> = { ultra: 200, standard: 500 };

/** Which profile a stream gets where settings say it by patterns; the first that matches holds. */
export interface ProfileRules {
  readonly profile: ProfileName;
  readonly profiles: readonly { readonly stream: string; readonly profile: ProfileName }[];
  /** Said in detail: then profiles do not decide it. */
  readonly partTargetMs?: number | undefined;
}

/** The wished length of parts of one stream; `matches` says whether a pattern means it. */
export function partWishMs(
  { profile, profiles, partTargetMs }: ProfileRules,
  matches: (pattern: string) => boolean,
): number {
  if (partTargetMs !== undefined) return partTargetMs;
  return partTargetsMs[profiles.find(({ stream }) => matches(stream))?.profile ?? profile];
}
