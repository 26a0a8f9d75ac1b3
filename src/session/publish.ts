import type { OfferRequest, SessionDeps } from './deps.ts';
import { shuttingDown } from './failures.ts';
import { newSession } from './sessions.ts';
import type { PublisherSession } from './stream.ts';

/**
 * Answers a publisher's offer. A stream that is being published is taken over once the newcomer is connected; its
 * viewers stay. Throws the Failure of whatever refuses the offer, and then nothing has changed.
 */
export async function openPublisher(deps: SessionDeps, request: OfferRequest): Promise<PublisherSession> {
  const stream = deps.streams.open(request.stream);
  stream.publishing++;
  try {
    const peer = await deps.gateway.ingest(request.offer, stream.publication, request.signal);
    if (stream.ended) {
      await peer[Symbol.asyncDispose]();
      throw shuttingDown();
    }
    const session = newSession('publisher', peer, { ...request, joinedAtMs: deps.clock.wallMs() });
    deps.sessions.add(session);
    stream.addPublisher(session);
    return session;
  } finally {
    stream.publishing--;
    stream.dropIfUnused();
  }
}
