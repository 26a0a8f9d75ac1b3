import type { HlsIncoming, HlsOutgoing } from '../exchange.ts';
import { sendMedia } from '../media-answer.ts';
import { type CacheAudience, sendPlaylist } from '../respond.ts';
import type { Storyboard } from './storyboard.ts';

/** Name of the list of pictures, below the stream. */
const listName = 'storyboard.vtt';
const type = 'text/vtt; charset=utf-8';

/** A request that may be for something of a storyboard. */
export interface StoryboardExchange {
  readonly stream: { readonly storyboard: Storyboard | undefined };
  /** Below the stream, without query. */
  readonly path: string;
  readonly request: HlsIncoming;
  readonly response: HlsOutgoing;
  readonly audience: CacheAudience;
}

/** How long caches keep what never changes, and what does with every segment. */
export interface StoryboardCaching {
  readonly media: string;
  readonly list: string;
}

/** Answers what asks for the list of pictures or an image, and returns the length of the answer; undefined for all else. */
export function serveStoryboard(
  exchange: StoryboardExchange,
  caching: StoryboardCaching,
): number | undefined {
  const { stream, path, request, response, audience } = exchange;
  const { storyboard } = stream;
  if (!storyboard) return undefined;
  if (path === listName) {
    const answer = { bytes: storyboard.list, audience, cacheControl: caching.list, contentType: type };
    return sendPlaylist(request, response, answer);
  }
  const image = storyboard.image(path);
  if (!image) return undefined;
  const name = path.slice(path.indexOf('/') + 1);
  const file = { name, type: 'image/jpeg', chunks: [image], audience, cacheControl: caching.media };
  return sendMedia(request, response, file);
}
