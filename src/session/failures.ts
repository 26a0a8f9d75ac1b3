import { Failure } from '#src/core/failure.ts';
import type { StreamId } from '#src/core/ids.ts';

/** WHEP section 4.2.8: no publisher is 409 with Retry-After, the player backs off from it. */
export const noPublisher = (stream: StreamId): Failure =>
  new Failure(
    'conflict',
    'no-publisher',
    `nobody publishes "${stream}" now; try again, or publish to /whip/${stream}`,
    {
      retryAfterMs: 2_000,
    },
  );

export const interactiveFull = (stream: StreamId): Failure =>
  new Failure(
    'unavailable',
    'interactive-full',
    `"${stream}" takes no more WebRTC viewers; watch it at /hls/${stream}/index.m3u8, or raise tier.interactiveLimitPerStream and tier.interactiveLimit`,
    { retryAfterMs: 5_000 },
  );

export const hasBFrames = (stream: StreamId): Failure =>
  new Failure(
    'unavailable',
    'b-frames',
    `"${stream}" has B-frames, which browsers cannot play over WebRTC; watch it at /hls/${stream}/index.m3u8. Its publisher can mend that: in OBS, Settings > Output > Output Mode: Advanced > Streaming, untick "Use B-Frames" or set "B-Frames" to 0. tier.allowBFrames lets viewers in all the same`,
    { retryAfterMs: 10_000 },
  );

export const tooManyStreams = (limit: number): Failure =>
  new Failure(
    'unavailable',
    'too-many-streams',
    `this node already holds ${limit} streams; end one, or raise session.maxStreams`,
    { retryAfterMs: 10_000 },
  );

export const unknownSession = (): Failure =>
  new Failure(
    'missing',
    'session-not-found',
    'there is no such session; it has ended or never was: POST a new offer',
  );

export const noOfferFromServer = (): Failure =>
  new Failure(
    'unprocessable',
    'no-offer-from-server',
    'this session began with your offer, so there is no server offer to answer; PATCH takes trickle-ice-sdpfrag',
  );

export const notYourSession = (): Failure =>
  new Failure(
    'forbidden',
    'not-your-session',
    'another token opened this session; send the one that did, or POST an offer of your own',
  );

export const unknownStream = (stream: StreamId): Failure =>
  new Failure(
    'missing',
    'stream-not-found',
    `there is no stream "${stream}"; publish it to /whip/${stream}`,
    {
      retryAfterMs: 2_000,
    },
  );

export const shuttingDown = (): Failure =>
  new Failure('unavailable', 'shutting-down', 'this node is going down and takes no new sessions', {
    retryAfterMs: 3_000,
  });

export const tooManyEventStreams = (limit: number): Failure =>
  new Failure(
    'too-many',
    'too-many-event-streams',
    `a viewer may have ${limit} event streams; DELETE one that is not read any more`,
    { retryAfterMs: 10_000 },
  );

export const unknownEventStream = (): Failure =>
  new Failure(
    'missing',
    'event-stream-not-found',
    'there is no such event stream; it was deleted, or nobody read it for a minute: POST a new one',
  );

export const unknownLayer = (wanted: string, known: readonly string[]): Failure =>
  new Failure(
    'invalid',
    'unknown-layer',
    `the stream has no ${wanted}; ${known.length === 0 ? 'it has no layers' : `there is ${known.join(', ')}`}`,
  );

export const unknownMedia = (
  mediaId: string,
  { index, mid }: { readonly index: string; readonly mid: string },
): Failure =>
  new Failure(
    'invalid',
    'unknown-media',
    `mediaId "${mediaId.slice(0, 20)}" is not the video of this session; that is "${index}" by the order of m-lines, "${mid}" by mid`,
  );
