import type { Tier } from '../shared/api-types.ts';
import type { TokenSource } from '../shared/token.ts';

/** How a player plays. */
export interface PlayerOptions {
  /** Name of the stream. */
  readonly stream: string;
  /** Origin of the gateway; default: the one this file came from. */
  readonly server?: string;
  /** Tier to ask for; without it the gateway decides. */
  readonly want?: Tier;
  /** Bearer token, when the gateway wants one; a function is asked for the next one when a token has run out. */
  readonly token?: TokenSource;
  /** Start without sound; default false, and the browser may insist. */
  readonly muted?: boolean;
  /** How long WebRTC may take until its first frame before HLS takes over; default 4000. */
  readonly webrtcTimeoutMs?: number;
  readonly iceServers?: readonly { readonly urls: string }[];
}
