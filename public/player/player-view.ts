import type { Tier } from '../shared/api-types.ts';
import type { RefusalFacts, Trouble } from '../shared/trouble.ts';
import type { ShownReason } from './player-words.ts';
import type { CaptionsView } from './captions.ts';
import type { QualityView } from './quality.ts';
import type { SoundsView } from './sounds.ts';

/** Everything a page needs to show about the player. */
export interface PlayerView {
  readonly state:
    'idle' | 'joining' | 'waiting' | 'connecting' | 'playing' | 'stalled' | 'failed' | 'stopped';
  /** The tier on the screen. */
  readonly tier: Tier | undefined;
  readonly reason: ShownReason | (string & {}) | undefined;
  /** The tier being made ready behind the one on the screen. */
  readonly switchingTo: Tier | undefined;
  /** The browser forbade sound until the viewer clicks. */
  readonly soundBlocked: boolean;
  /** What went wrong last, in words; undefined when all is well. */
  readonly problem: Trouble | undefined;
  /** The gateway wants a token, or another one, and nothing gives one by itself: the player waits for `setToken`. */
  readonly refused: RefusalFacts | undefined;
  /** Everybody who watches; undefined where nobody tells. */
  readonly viewers: number | undefined;
  /** What there is to choose from; undefined where there is no choice. */
  readonly quality: QualityView | undefined;
  /** Captions to choose from; undefined where there are none. */
  readonly captions: CaptionsView | undefined;
  /** Sounds to choose from; undefined where there is one or none. */
  readonly sounds: SoundsView | undefined;
}

/** Before the start. */
export const idleView: PlayerView = {
  state: 'idle',
  tier: undefined,
  reason: undefined,
  switchingTo: undefined,
  soundBlocked: false,
  problem: undefined,
  refused: undefined,
  viewers: undefined,
  quality: undefined,
  captions: undefined,
  sounds: undefined,
};
