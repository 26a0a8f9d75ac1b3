/** Told of every part, when its last byte is here. */
export type PartSeen = (url: URL, part: Uint8Array) => void;

/** What to do with the parts. */
export interface Reading {
  readonly seen?: PartSeen;
  /** Parts are asked for when a playlist hints at them, before they exist (RFC 8216bis section 6.2.6), not when one lists them. */
  readonly hinted?: boolean;
}

/** Reads every rendition of a stream as a low-latency player does, so that playlists and parts are really served. */
export async function readLowLatency(
  multivariantUrl: string,
  signal: AbortSignal,
  { seen = () => undefined, hinted = false }: Reading = {},
): Promise<void> {
  const multivariant = await textOf(multivariantUrl, signal);
  // Pictures for seeking are not followed: they have no parts to wait for.
  const groups = multivariant.matchAll(/^#EXT-X-MEDIA:.*URI="([^"]+\.m3u8[^"]*)"/gm);
  const names = [...groups].map((match) => match[1] ?? '');
  names.push(...multivariant.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
  const read = hinted ? followHints : follow;
  await Promise.all([...new Set(names)].map((name) => read(new URL(name, multivariantUrl), signal, seen)));
}

/** Asks for each part that is hinted at and for the reload that lists it at the same time: both wait for the part. */
async function followHints(playlistUrl: URL, signal: AbortSignal, seen: PartSeen): Promise<void> {
  let playlist = await reload(playlistUrl, signal);
  while (!signal.aborted) {
    const hint = /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(playlist)?.[1];
    const part = hint === undefined ? undefined : load(new URL(hint, playlistUrl), signal, seen);
    [playlist] = await Promise.all([reload(nextReload(playlistUrl, playlist), signal), part]);
  }
}

/** Blocking reload after blocking reload; every new part is fetched once. Ends when the signal aborts. */
async function follow(playlistUrl: URL, signal: AbortSignal, seen: PartSeen): Promise<void> {
  let known = new Set<string>();
  let url = playlistUrl;
  while (!signal.aborted) {
    const playlist = await reload(url, signal);
    const parts = [...playlist.matchAll(/#EXT-X-PART:[^\n]*URI="([^"]+)"/g)].map((match) => match[1] ?? '');
    const fresh = known.size === 0 ? parts.slice(-1) : parts.filter((part) => !known.has(part));
    known = new Set(parts);
    for (const part of fresh) await load(new URL(part, playlistUrl), signal, seen);
    url = nextReload(playlistUrl, playlist);
  }
}

/** The reload that waits for the part after the last one listed (RFC 8216bis section 6.2.5.2). */
function nextReload(playlistUrl: URL, playlist: string): URL {
  const lines = playlist.split('\n');
  const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1] ?? 0);
  const finished = lines.filter((line) => line.startsWith('#EXTINF:')).length;
  const lastSegment = lines.findLastIndex((line) => line.startsWith('#EXTINF:'));
  const open = lines.slice(lastSegment + 1).filter((line) => line.startsWith('#EXT-X-PART:')).length;
  const url = new URL(playlistUrl);
  url.searchParams.set('_HLS_msn', String(first + finished));
  url.searchParams.set('_HLS_part', String(open));
  return url;
}

/** A playlist; empty when nobody wants it any more. */
async function reload(url: URL, signal: AbortSignal): Promise<string> {
  return textOf(url.href, signal).catch((error: unknown) => {
    if (signal.aborted) return '';
    throw error;
  });
}

async function textOf(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]) });
  if (!response.ok) throw new Error(`${url} gave ${response.status}`);
  return response.text();
}

async function load(url: URL, signal: AbortSignal, seen: PartSeen): Promise<void> {
  if (signal.aborted) return;
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  const part = await response.bytes();
  if (response.ok) seen(url, part);
}
