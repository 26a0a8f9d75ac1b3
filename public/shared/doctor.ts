import type { Finding } from './api-types.ts';
import { retryDelayMs, sleep } from './backoff.ts';
import { readEvents } from './event-stream.ts';
import { type Endpoint, SignallingError, askSession } from './signalling.ts';

/** Where a WHIP answer names the doctor of its session. */
export const doctorRelation = 'urn:frontrow:whip:doctor';

/** What the gateway finds out about one publisher. */
export interface Consultation {
  /** This session is what viewers see; when not, somebody else took the stream over. */
  readonly leads: boolean;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

/**
 * Listens to the doctor of a WHIP session until the signal aborts or the session is gone. Never throws: a publisher goes on
 * without one.
 */
export async function followDoctor(
  doctor: Endpoint,
  listen: (consultation: Consultation) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const { body } = await askSession(doctor, { accept: 'text/event-stream', signal });
      if (body === null) return;
      for await (const { name, data } of readEvents(body)) {
        attempt = 0;
        if (name === 'findings') listen(JSON.parse(data) as Consultation);
      }
    } catch (error) {
      // A session that is gone does not come back; its successor has a doctor of its own.
      if (error instanceof SignallingError && !error.temporary) return;
    }
    await sleep(retryDelayMs(attempt, Math.random()), signal).catch(() => undefined); // The loop looks at the signal.
  }
}
