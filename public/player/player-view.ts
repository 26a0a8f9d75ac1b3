import type { Tier } from '../shared/api-types.ts';
import type { ShownReason } from './player-words.ts';

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
  readonly problem: { readonly what: string; readonly remedy: string } | undefined;
}
