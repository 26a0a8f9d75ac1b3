/** All ladders of LL-HLS qualities, the default first; what they hold is in ffmpeg/ladders.json. */
export const ladderNames = ['passthrough', 'ladder-2', 'ladder-3', 'ladder-4'] as const;

/** Which qualities a stream gets below its top. */
export type LadderName = (typeof ladderNames)[number];

/** The ladder of this name; undefined for any other text. */
export function parseLadder(text: string): LadderName | undefined {
  return ladderNames.find((name) => name === text);
}
