import type { BroadcastPassView } from '../shared/api-types.ts';
import type { ServerClock } from '../shared/server-clock.ts';
import type { TokenHolder } from '../shared/token.ts';

/** How to open the broadcast tier. */
export interface BroadcastOptions {
  readonly video: HTMLVideoElement;
  readonly url: string;
  /** Shown with every request of hls.js. */
  readonly token?: TokenHolder;
  /** Opens the same for players that can show no token. */
  readonly pass?: BroadcastPassView | undefined;
  readonly clock: ServerClock;
  readonly timeoutMs: number;
}
