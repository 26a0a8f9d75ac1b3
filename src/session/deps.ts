import type { Grant } from '#src/core/access.ts';
import type { Clock } from '#src/core/clock.ts';
import type { StreamId } from '#src/core/ids.ts';
import type { VideoWish } from '#src/core/media.ts';
import type { TierRules } from '#src/core/tier.ts';
import type { PeerGateway } from '#src/core/webrtc.ts';
import type { SessionConfig } from './config.ts';
import type { Sessions } from './sessions.ts';
import type { Streams } from './streams.ts';

/** What the use cases share. */
export interface SessionDeps {
  readonly gateway: PeerGateway;
  readonly streams: Streams;
  readonly sessions: Sessions;
  readonly rules: () => TierRules;
  readonly config: () => SessionConfig;
  readonly clock: Clock;
}

/** Somebody asks for a session. */
export interface SessionRequest {
  readonly stream: StreamId;
  /** A viewer's first wish. */
  readonly wish?: VideoWish | undefined;
  /** Why this is allowed. */
  readonly grant: Grant;
  readonly address: string;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** An offer as it came in. */
export interface OfferRequest extends SessionRequest {
  readonly offer: string;
}
