import type { EgressPeer, EgressRequest } from '#src/core/webrtc.ts';
import type { SessionRequest, OfferRequest, SessionDeps } from './deps.ts';
import { hasBFrames, interactiveFull, noPublisher } from './failures.ts';
import { newSession, type OpenOffer, type Session } from './sessions.ts';
import type { Stream } from './stream.ts';
import { setWish } from './wishes.ts';

/** Answers a viewer's offer; throws `no-publisher`, `b-frames`, `interactive-full`, or what negotiation refuses. */
export function openViewer(deps: SessionDeps, request: OfferRequest): Promise<Session> {
  return seat(deps, request, async (watched) => ({
    peer: await deps.gateway.egress(request.offer, watched, request.signal),
  }));
}

/** A viewer that was made an offer. */
export interface OfferedSession extends Session {
  readonly offer: OpenOffer;
}

/**
 * Makes a viewer an offer (draft-murillo-whep-01 section 4.2). It has a seat from now on, and loses it when it does not answer
 * in time. Throws as {@link openViewer}.
 */
export async function offerViewer(deps: SessionDeps, request: SessionRequest): Promise<OfferedSession> {
  const { offerValidMs } = deps.config();
  const session = await seat(deps, request, async (watched) => {
    const peer = await deps.gateway.offer(watched, request.signal);
    const expiry = setTimeout(() => void peer[Symbol.asyncDispose](), offerValidMs);
    void peer.closed.then(() => clearTimeout(expiry));
    const offer = {
      validUntilMs: deps.clock.wallMs() + offerValidMs,
      accept(answer: string): void {
        peer.accept(answer);
        clearTimeout(expiry);
      },
    };
    return { peer, offer };
  });
  return session;
}

/** Gives a viewer a seat in the front row, counted while its transport is being negotiated. */
async function seat<Made extends { readonly peer: EgressPeer; readonly offer?: OpenOffer }>(
  deps: SessionDeps,
  request: SessionRequest,
  negotiate: (watched: EgressRequest) => Promise<Made>,
): Promise<Session & Made> {
  deps.streams.checkOpen();
  const stream = deps.streams.find(request.stream);
  if (!stream?.publisher) throw noPublisher(request.stream);
  checkSeats(deps, stream);
  stream.joining++;
  try {
    const { publication, tracks } = stream;
    const made = await negotiate({ publication, tracks });
    if (stream.ended) {
      await made.peer[Symbol.asyncDispose]();
      throw noPublisher(request.stream);
    }
    const joinedAtMs = deps.clock.wallMs();
    const session = { ...newSession('viewer', made.peer, { ...request, joinedAtMs }), ...made };
    setWish(session, request.wish ?? {});
    deps.sessions.add(session);
    stream.addViewer(session);
    return session;
  } finally {
    stream.joining--;
  }
}

function checkSeats({ streams, rules }: SessionDeps, stream: Stream): void {
  const { interactiveLimitPerStream, interactiveLimit, allowBFrames } = rules();
  if (stream.bFrames && !allowBFrames) throw hasBFrames(stream.id);
  if (
    stream.interactiveViewers >= interactiveLimitPerStream ||
    streams.interactiveViewers >= interactiveLimit
  )
    throw interactiveFull(stream.id);
}
