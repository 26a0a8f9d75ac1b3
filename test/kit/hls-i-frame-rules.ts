import { MalformedMp4 } from '#src/hls/bmff.ts';
import { TrackReader, type TimedSample } from '#src/hls/samples.ts';
import { exchange, maxAgeOf } from './hls-http.ts';
import { readMediaPlaylist, type ReadPlaylist, type ReadSegment } from './hls-reader.ts';
import type { Check } from './hls-rules.ts';

/** Enough to see that they are what they say. */
const picturesToFetch = 3;

/** A picture that a playlist of pictures leads to, with the init segment that it needs. */
export interface Picture {
  readonly init: Buffer;
  readonly bytes: Buffer;
}

/** Follows a playlist of pictures for seeking (EXT-X-I-FRAMES-ONLY) and fetches some; gives what it fetched. */
export async function walkIFrames(url: string, check: Check): Promise<readonly Picture[]> {
  const first = await load(url, check);
  if (!first) return [];
  const newest = first.ended ? first : ((await loadNext(url, first, check)) ?? first);
  const pictures: Picture[] = [];
  const there = newest.segments.filter((segment) => !segment.gap);
  for (const segment of there.slice(-picturesToFetch)) {
    const picture = await fetchPicture(url, segment, check);
    if (picture) pictures.push(picture);
  }
  return pictures;
}

/** Section 6.2.5.2: these playlists have no parts, and wait for whole segments. */
async function loadNext(
  url: string,
  { segments }: ReadPlaylist,
  check: Check,
): Promise<ReadPlaylist | undefined> {
  const next = (segments.at(-1)?.msn ?? 0) + 1;
  const later = await load(`${url}?_HLS_msn=${next}`, check);
  const lastMsn = later?.segments.at(-1)?.msn ?? 0;
  check('playlists of pictures wait for the segment', lastMsn >= next || later?.ended === true);
  return later;
}

async function load(url: string, check: Check): Promise<ReadPlaylist | undefined> {
  const answer = await exchange(url, { headers: { 'accept-encoding': 'identity' } });
  check('playlists of pictures are there', answer.status === 200, `${answer.status} ${url}`);
  if (answer.status !== 200) return undefined;
  const playlist = readMediaPlaylist(answer.body.toString());
  checkIFramePlaylist(playlist, check);
  return playlist;
}

/** Rules for a playlist of pictures by itself (sections 4.4.3.6 and 4.4.4.2). */
export function checkIFramePlaylist(playlist: ReadPlaylist, check: Check): void {
  check('playlists of pictures say so', playlist.iFramesOnly);
  check('playlists of pictures have no parts', playlist.partTargetS === 0 && playlist.hints.length === 0);
  check('playlists of pictures are version 5 or later', playlist.version >= 5);
  check('every line about pictures is understood', playlist.strange.length === 0, playlist.strange[0]);
  for (const segment of playlist.segments) {
    const name = `picture ${segment.msn}`;
    check(
      'pictures fit the target duration',
      Math.round(segment.durationS) <= playlist.targetDurationS,
      `${name}: ${segment.durationS} s`,
    );
    check('pictures have a wall clock time', segment.wallMs !== undefined, name);
    check('pictures have an init segment', segment.map !== '', name);
    check('pictures are ranges of bytes', segment.gap || segment.range !== undefined, name);
    check('playlists of pictures list no parts', segment.parts.length === 0, name);
  }
}

async function fetchPicture(
  url: string,
  { uri = '', map, range, msn }: ReadSegment,
  check: Check,
): Promise<Picture | undefined> {
  const address = new URL(uri, url).href;
  const [start = 0, bytes = 0] = range ? [range.start, range.bytes] : [];
  const headers = { range: `bytes=${start}-${start + bytes - 1}` };
  const [whole, part, init] = await Promise.all([
    exchange(address),
    exchange(address, { headers }),
    exchange(new URL(map, url).href),
  ]);
  // It may have left the window meanwhile.
  if (whole.status === 404) return undefined;
  check(
    'ranges are answered',
    part.status === 206 && part.body.length === bytes,
    `${address}: ${part.status}`,
  );
  check('ranges are cached as their file is', maxAgeOf(part) === maxAgeOf(whole));
  check('ranges are of their file', part.body.equals(whole.body.subarray(start, start + bytes)), address);
  const [picture] = samplesOf(init.body, whole.body);
  // moof, the head of mdat, and the picture.
  const wanted = whole.body.length >= 4 ? whole.body.readUInt32BE(0) + 8 + (picture?.data.length ?? 0) : 0;
  check(
    'a range holds exactly one keyframe',
    picture?.independent === true && bytes === wanted,
    `picture ${msn}`,
  );
  return { init: init.body, bytes: part.body };
}

function samplesOf(init: Buffer, segment: Buffer): readonly TimedSample[] {
  const samples: TimedSample[] = [];
  const reader = new TrackReader({ init: () => undefined, sample: (sample) => void samples.push(sample) });
  try {
    reader.push(init);
    reader.push(segment);
  } catch (error) {
    if (!(error instanceof MalformedMp4)) throw error;
  }
  return samples;
}
