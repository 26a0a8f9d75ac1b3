import type { OfferRequest, SessionDeps } from './deps.ts';
import { interactiveFull, noPublisher } from './failures.ts';
import { newSession, type Session } from './sessions.ts';
import { setWish } from './wishes.ts';

/** Answers a viewer's offer; throws `no-publisher`, `interactive-full`, or what negotiation refuses. */
export async function openViewer(deps: SessionDeps, request: OfferRequest): Promise<Session> {
  const stream = deps.streams.find(request.stream);
  if (!stream?.publisher) throw noPublisher(request.stream);
  const rules = deps.rules();
  if (
    stream.interactiveViewers >= rules.interactiveLimitPerStream ||
    deps.streams.interactiveViewers >= rules.interactiveLimit
  )
    throw interactiveFull(request.stream);

  stream.joining++;
  try {
    const { publication, tracks } = stream;
    const peer = await deps.gateway.egress(request.offer, { publication, tracks }, request.signal);
    if (stream.ended) {
      await peer[Symbol.asyncDispose]();
      throw noPublisher(request.stream);
    }
    const session = newSession('viewer', peer, { ...request, joinedAtMs: deps.clock.wallMs() });
    setWish(session, request.wish ?? {});
    deps.sessions.add(session);
    stream.addViewer(session);
    return session;
  } finally {
    stream.joining--;
  }
}
