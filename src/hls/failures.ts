import type { Obstacle } from '#src/core/cmaf.ts';
import { Failure } from '#src/core/failure.ts';

/** No stream of this name is or was lately on the air. */
export const noSuchStream = (stream: string): Failure =>
  new Failure('missing', 'hls-no-such-stream', `no stream "${stream}" is broadcast here`, {
    retryAfterMs: 1_000,
    staysMs: 1_000,
  });

/** The publisher is there, its first segment is not. */
const notReady = (): Failure =>
  new Failure(
    'missing',
    'hls-not-ready',
    'the stream is starting and has no complete segment yet; try again shortly',
    {
      retryAfterMs: 1_000,
      staysMs: 1_000,
    },
  );

const webrtcGoesOn = 'watching over WebRTC goes on';
const findsItAlone = 'the stream then begins by itself';
const operators = "what it is exactly, the gateway's operator finds in /readyz and in the log";

interface Again {
  readonly retryAfterMs: number;
}

/** What viewers are told of an obstacle. Paths and what FFmpeg said are for operators. */
const obstacles: Readonly<Record<Obstacle['code'], (again: Again) => Failure>> = {
  'ffmpeg-missing': (again) => {
    const what = `LL-HLS needs FFmpeg, and on this gateway none runs: have it installed, ${findsItAlone}`;
    return new Failure('unavailable', 'ffmpeg-missing', `${what}; ${webrtcGoesOn}; ${operators}`, again);
  },
  'ffmpeg-old': (again) => {
    const what = `this gateway's FFmpeg is too old for LL-HLS: have 5.1 or later installed, ${findsItAlone}`;
    return new Failure('unavailable', 'ffmpeg-old', `${what}; ${webrtcGoesOn}; ${operators}`, again);
  },
  'ffmpeg-incomplete': (again) => {
    const what = `this gateway's FFmpeg lacks what LL-HLS needs: have a full build installed, ${findsItAlone}`;
    return new Failure('unavailable', 'ffmpeg-incomplete', `${what}; ${webrtcGoesOn}; ${operators}`, again);
  },
  'ffmpeg-no-encoder': (again) => {
    const what = 'this stream must be encoded as H.264 for LL-HLS, and this gateway has no encoder for that';
    const remedy = 'publish H.264, or have an FFmpeg with libx264 installed';
    return new Failure('unavailable', 'ffmpeg-no-encoder', `${what}: ${remedy}; ${webrtcGoesOn}`, again);
  },
  'ffmpeg-failed': (again) => {
    const what = `FFmpeg fails again and again on this stream and is tried anew from time to time; ${webrtcGoesOn}`;
    const why = "why it fails, the gateway's operator finds in the log and on the dashboard";
    return new Failure('unavailable', 'ffmpeg-failed', `${what}; ${why}`, again);
  },
  'ffmpeg-restarting': (again) => {
    const what = 'FFmpeg was lost and is being started anew; try again as Retry-After says';
    return new Failure('unavailable', 'ffmpeg-restarting', what, again);
  },
};

/** Why there is nothing yet, or no more. */
export const obstructed = ({ code, retryAfterMs }: Obstacle): Failure =>
  obstacles[code]({ retryAfterMs: Math.max(1_000, retryAfterMs) });

/** What whoever waited in vain for a stream's beginning is told. */
export const notBegun = ({ obstacle }: { readonly obstacle: Obstacle | undefined }): Failure =>
  obstacle ? obstructed(obstacle) : notReady();

/** A file that is not there; it may be at any moment, so nobody may remember that it was not. */
export const noSuchFile = (name: string): Failure => missingFile(name, 0);

/** A file that will never be there: it has left the window, or what was made since has other names. */
export const noSuchFileEver = (name: string): Failure => missingFile(name, 1_000);

function missingFile(name: string, staysMs: number): Failure {
  // Whoever asks for something long gets no echo of it.
  const told = `"${name.slice(0, 100)}" is not, or no longer, in this stream's window`;
  return new Failure('missing', 'hls-no-such-file', told, { staysMs });
}

/** Pictures that are higher than the permission, or the folder they were asked for in, allows. */
export const heightNotGranted = (): Failure =>
  new Failure(
    'forbidden',
    'height-not-granted',
    'these pictures are higher than you may have; GET /join tells where those that you may have are',
  );

/** Delivery directives that RFC 8216bis section 6.2.5 does not allow. */
export const badDirective = (what: string): Failure => new Failure('invalid', 'hls-bad-directive', what);

/** The reload asks for something too far ahead to wait for (section 6.2.5.2). */
export const tooFarAhead = (what: string): Failure => new Failure('invalid', 'hls-too-far-ahead', what);

/** A blocked request waited as long as one may. */
export const blockedTooLong = (): Failure =>
  new Failure(
    'unavailable',
    'hls-blocked-too-long',
    'what you wait for did not come; the publisher is away or stalled',
    {
      retryAfterMs: 1_000,
    },
  );

/** More requests wait than this node holds. */
export const tooManyBlocked = (): Failure =>
  new Failure(
    'unavailable',
    'hls-too-many-blocked',
    'too many requests wait for this rendition; put a cache in front',
    {
      retryAfterMs: 1_000,
    },
  );

/** Only reading is possible here. */
export const readOnly = (method: string): Failure =>
  new Failure('method', 'hls-read-only', `${method} is not possible here; use GET or HEAD`);

/** Every place for a stream is taken. */
export const tooManyStreams = (limit: number): Failure =>
  new Failure(
    'unavailable',
    'hls-too-many-streams',
    `this node keeps at most ${limit} HLS streams at a time`,
    {
      retryAfterMs: 10_000,
    },
  );
