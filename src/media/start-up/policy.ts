import type { Hearing } from '#src/sfu/keyframe-requests.ts';

/** Everything the decision looks at. */
export interface StartUpFacts {
  /** Media since the last keyframe; undefined when there is no usable cache. */
  readonly cachedMs: number | undefined;
  /** How long the viewer would be fed what is cached. */
  readonly replayMs: number;
  readonly hearing: Hearing;
  /** From request to keyframe, when the publisher answers. */
  readonly answerMs: number;
  /** The viewer shows another layer of the track, and would be thrown back in time by a replay. */
  readonly watching: boolean;
}

/** What brings a viewer its first picture: the past at once, or a keyframe that is asked for, and how long that is waited for. */
export type StartUpDecision =
  { readonly by: 'replay' } | { readonly by: 'keyframe'; readonly patienceMs: number };

/** So much media is decoded at once without anybody noticing. */
const briefMs = 1_500;
/** Decoders catch up at about this multiple of real time: 60 frames a second, 2 ms each. */
const decodingSpeed = 10;
/** A publisher that may answer is waited for so long while the viewer still has a picture. */
const switchPatienceMs = 1_000;
/** An answer may take this much longer than the last ones. */
const answerSlackMs = 200;

const replay: StartUpDecision = { by: 'replay' };

/** Decides how a viewer begins. The order is the policy. */
export function decideStartUp(facts: StartUpFacts): StartUpDecision {
  const { cachedMs, replayMs, hearing, answerMs, watching } = facts;
  if (cachedMs === undefined) return { by: 'keyframe', patienceMs: Number.POSITIVE_INFINITY };
  if (hearing === 'deaf') return replay;
  if (watching) return { by: 'keyframe', patienceMs: switchPatienceMs };
  if (hearing === 'unknown' || cachedMs <= briefMs) return replay;
  const pictureByReplayMs = Math.max(replayMs, cachedMs / decodingSpeed);
  if (pictureByReplayMs <= answerMs) return replay;
  return { by: 'keyframe', patienceMs: 2 * answerMs + answerSlackMs };
}
