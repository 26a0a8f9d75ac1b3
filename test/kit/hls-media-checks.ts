import { MalformedMp4 } from '#src/hls/bmff.ts';
import { TrackReader, type TimedSample } from '#src/hls/samples.ts';
import { exchange, maxAgeOf } from './hls-http.ts';
import type { ReadPart, ReadPlaylist, ReadSegment } from './hls-reader.ts';
import type { Check } from './hls-rules.ts';

/** Times of samples are printed in wall clock milliseconds; encoders delay audio by up to two frames. */
const syncToleranceMs = 60;
/** Rounding of timescales, per part. */
const durationToleranceS = 0.003;

interface Fetched {
  readonly bytes: Buffer;
  readonly samples: readonly TimedSample[];
}

/** Fetches media that playlists list and checks it against what they say. */
export class MediaChecks {
  readonly inits = new Map<string, Buffer>();
  /** Parts by URL, in the order they came. */
  readonly parts = new Map<string, Fetched>();
  readonly #segments = new Set<string>();
  /** Wall clock minus media time, by discontinuity and rendition. */
  readonly #offsets = new Map<number, Map<string, number>>();

  /** Fetches what is new in a playlist. */
  async take(url: string, playlist: ReadPlaylist, check: Check): Promise<void> {
    let discontinuity = playlist.discontinuitySequence;
    for (const segment of playlist.segments) {
      if (segment.discontinuity) discontinuity += 1;
      const fresh = segment.parts.filter((part) => !this.parts.has(new URL(part.uri, url).href));
      for (const part of fresh) if (!part.gap) await this.#part(url, segment, { part, check });
      this.#offset(url, segment, discontinuity);
      await this.#segment(url, segment, check);
    }
  }

  /** Renditions show the same moment at the same wall clock time. */
  checkTogether(check: Check): void {
    for (const offsets of this.#offsets.values()) {
      const values = [...offsets.values()];
      if (values.length > 1)
        check(
          'renditions agree on the wall clock',
          Math.max(...values) - Math.min(...values) < syncToleranceMs,
          values.join(' '),
        );
    }
  }

  async #part(
    url: string,
    segment: ReadSegment,
    { part, check }: { readonly part: ReadPart; readonly check: Check },
  ): Promise<void> {
    const init = await this.#init(new URL(segment.map, url).href, check);
    const address = new URL(part.uri, url).href;
    const answer = await exchange(address);
    check('parts can be fetched', answer.status === 200, address);
    if (answer.status !== 200) return;
    check('parts are cached for an hour', maxAgeOf(answer) >= 3600);
    check('parts have their length', Number(answer.headers['content-length']) === answer.body.length);
    const samples = readSamples(init, answer.body);
    check('parts can be decoded with their init segment', samples.length > 0, address);
    this.parts.set(address, { bytes: answer.body, samples });
    const durationS = samples.reduce((sum, sample) => sum + sample.durationMs, 0) / 1000;
    const listedS = part.durationS + gapBehindS(segment, part);
    check(
      'parts last as long as listed',
      Math.abs(durationS - listedS) < durationToleranceS,
      `${address}: ${durationS} s listed as ${listedS} s`,
    );
    check('INDEPENDENT is true', samples.some((sample) => sample.independent) === part.independent, address);
  }

  async #init(address: string, check: Check): Promise<Buffer> {
    const known = this.inits.get(address);
    if (known) return known;
    const answer = await exchange(address);
    check('init segments can be fetched', answer.status === 200, address);
    check(
      'init segments are cached for a year',
      maxAgeOf(answer) >= 31_536_000 && /immutable/.test(answer.headers['cache-control'] ?? ''),
    );
    this.inits.set(address, answer.body);
    return answer.body;
  }

  #offset(url: string, segment: ReadSegment, discontinuity: number): void {
    const [first] = segment.parts;
    const sample = first && this.parts.get(new URL(first.uri, url).href)?.samples[0];
    if (!sample || segment.wallMs === undefined) return;
    const offsets = this.#offsets.get(discontinuity) ?? new Map<string, number>();
    this.#offsets.set(discontinuity, offsets.set(url, segment.wallMs - sample.startMs));
  }

  /** A segment is its parts, one after the other (section 3.2). */
  async #segment(url: string, segment: ReadSegment, check: Check): Promise<void> {
    const { uri, parts } = segment;
    if (uri === undefined || parts.length === 0) return;
    const address = new URL(uri, url).href;
    const pieces = parts
      .filter(({ gap }) => !gap)
      .map((part) => this.parts.get(new URL(part.uri, url).href)?.bytes);
    if (this.#segments.has(address) || pieces.includes(undefined)) return;
    this.#segments.add(address);
    const answer = await exchange(address);
    const whole = Buffer.concat(pieces.filter((piece) => piece !== undefined));
    check('a segment is the sum of its parts', answer.status === 200 && answer.body.equals(whole), address);
  }
}

/** The last picture of a part is shown through the parts behind it that are gaps. */
function gapBehindS({ parts }: ReadSegment, part: ReadPart): number {
  const behind = parts.slice(parts.indexOf(part) + 1);
  const gaps = behind.findIndex(({ gap }) => !gap);
  return behind.slice(0, gaps < 0 ? undefined : gaps).reduce((sum, { durationS }) => sum + durationS, 0);
}

/** No samples when the bytes cannot be read. */
function readSamples(init: Buffer, part: Buffer): readonly TimedSample[] {
  const samples: TimedSample[] = [];
  const reader = new TrackReader({ init: () => undefined, sample: (sample) => void samples.push(sample) });
  try {
    reader.push(init);
    reader.push(part);
  } catch (error) {
    if (!(error instanceof MalformedMp4)) throw error;
    return [];
  }
  return samples;
}
