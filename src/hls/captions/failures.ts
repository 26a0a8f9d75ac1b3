import { Failure } from '#src/core/failure.ts';

/** Everybody has passed the moment at which it would have to be read. */
export const captionTooLate = (byMs: number): Failure =>
  new Failure(
    'gone',
    'caption-too-late',
    `its end lies ${Math.round(byMs)} ms behind the live edge, so nobody would see it; send captions sooner, or let them stand longer`,
  );

/** Captions are not kept for later programmes. */
export const captionTooEarly = (limitMs: number): Failure =>
  new Failure(
    'invalid',
    'caption-too-early',
    `it begins more than ${limitMs / 60_000} minutes from now; send it nearer to its time, and check the clock that made its start`,
  );

/** One id, two texts. */
export const captionExists = (id: string): Failure =>
  new Failure(
    'conflict',
    'caption-exists',
    `a caption "${id}" with another text or other times is there already; what players have cannot be changed`,
  );

/** More captions than anybody reads. */
export const tooManyCaptions = (limit: string, retryAfterMs: number): Failure =>
  new Failure('too-many', 'too-many-captions', `this stream takes at most ${limit}`, { retryAfterMs });

/** Every language costs a playlist with each part. */
export const tooManyLanguages = (limit: number): Failure =>
  new Failure('conflict', 'too-many-languages', `a stream has captions in at most ${limit} languages`);
