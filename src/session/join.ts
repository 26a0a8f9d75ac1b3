import type { StreamId } from '#src/core/ids.ts';
import type { Tier, TierDecision } from '#src/core/tier.ts';
import { decideTier } from '#src/tier/policy.ts';
import type { SessionDeps } from './deps.ts';
import { unknownStream } from './failures.ts';

export interface JoinRequest {
  readonly stream: StreamId;
  readonly webrtc: boolean;
  readonly wants: Tier | undefined;
  readonly codecs: readonly string[] | undefined;
  /** The only tier that the viewer's token opens. */
  readonly granted?: Tier | undefined;
}

export interface JoinAnswer extends TierDecision {
  readonly stream: StreamId;
  /** Media arrives now. */
  readonly live: boolean;
}

/** Which tier this viewer should watch; throws `stream-not-found`. */
export function join(
  deps: SessionDeps,
  { stream: id, webrtc, wants, codecs, granted }: JoinRequest,
): JoinAnswer {
  const stream = deps.streams.find(id);
  if (!stream) throw unknownStream(id);
  const decision = decideTier(
    {
      viewer: { webrtc, wants, codecs, granted },
      stream: {
        codecs: stream.tracks.map(({ codec }) => codec),
        interactiveViewers: stream.interactiveViewers,
        broadcastReady: stream.broadcast.hls.ready,
        bFrames: stream.bFrames,
      },
      node: { interactiveViewers: deps.streams.interactiveViewers },
    },
    deps.rules(),
  );
  return { stream: id, live: stream.flowing, ...decision };
}
