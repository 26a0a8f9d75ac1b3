import { gunzipSync } from 'node:zlib';
import { exchange, maxAgeOf, type Answer } from './hls-http.ts';
import { probeEnd, probeGaps, probePast, probeRendition } from './hls-probes.ts';
import { walkIFrames, type Picture } from './hls-i-frame-rules.ts';
import { checkManifest, readMultivariant } from './hls-multivariant-rules.ts';
import { readMediaPlaylist, type ReadPlaylist } from './hls-reader.ts';
import { checkPlaylist, checkSuccession, type Check } from './hls-rules.ts';
import { MediaChecks } from './hls-media-checks.ts';

/** A rule that did not hold. */
export interface Problem {
  readonly rule: string;
  readonly where: string;
  readonly detail: string;
}

/** What a walk saw. */
export interface Findings {
  readonly problems: readonly Problem[];
  /** How often each rule was looked at: a rule that nothing tested proves nothing. */
  readonly checked: ReadonlyMap<string, number>;
  readonly multivariant: string;
  /** Last full media playlist of each rendition, by its URL. */
  readonly playlists: ReadonlyMap<string, string>;
  readonly media: MediaChecks;
  /** Pictures for seeking. */
  readonly pictures: readonly Picture[];
  readonly parts: number;
  readonly ended: boolean;
}

export interface WalkOptions {
  /** New parts per rendition to wait for. */
  readonly parts?: number;
  /** The longest walk. */
  readonly seconds?: number;
  /** The walk goes on until each of these rules has been looked at. */
  readonly rules?: readonly string[];
}

/** Follows a live LL-HLS stream by HTTP alone and checks every rule it can see. `url` is the multivariant playlist. */
export async function walkLiveStream(url: string, options: WalkOptions = {}): Promise<Findings> {
  const walk = new Walk(options);
  return walk.run(url);
}

class Walk {
  readonly #problems: Problem[] = [];
  readonly #checked = new Map<string, number>();
  readonly #playlists = new Map<string, string>();
  readonly #media: MediaChecks;
  readonly #parts: number;
  readonly #rules: readonly string[];
  readonly #untilMs: number;
  readonly #pictures: Picture[] = [];
  /** Media playlists besides any one of them. */
  #others = 0;
  #startS: number | undefined;
  #seen = 0;
  #ended = false;

  constructor({ parts, seconds = 60, rules = [] }: WalkOptions) {
    this.#parts = parts ?? (rules.length > 0 ? 1 : Infinity);
    this.#rules = rules;
    this.#untilMs = performance.now() + seconds * 1000;
    this.#media = new MediaChecks();
  }

  async run(url: string): Promise<Findings> {
    const check = this.#checkAt(url);
    const answer = await exchange(url, { headers: { 'accept-encoding': 'gzip' } });
    check(
      'the multivariant playlist is there',
      answer.status === 200,
      `${answer.status} ${answer.body.toString('latin1', 0, 200)}`,
    );
    const multivariant = answer.status === 200 ? textOf(answer, check) : '';
    const { playlists, iFrames, steeringUri, pathways, startS } = readMultivariant(multivariant, check);
    check('multivariant is cached briefly', maxAgeOf(answer) <= 5);
    this.#others = playlists.length + iFrames.length - 1;
    this.#startS = startS;
    await Promise.all([
      ...playlists.map((name) => this.#rendition(new URL(name, url).href)),
      ...iFrames.map((name) => this.#iFrames(new URL(name, url).href)),
      steeringUri !== undefined && this.#steering(new URL(steeringUri, url).href, pathways, check),
    ]);
    this.#media.checkTogether(check);
    return {
      problems: this.#problems,
      checked: this.#checked,
      multivariant,
      playlists: this.#playlists,
      media: this.#media,
      pictures: this.#pictures,
      parts: this.#seen,
      ended: this.#ended,
    };
  }

  #checkAt(where: string): Check {
    return (rule, holds, detail = '') => {
      this.#checked.set(rule, (this.#checked.get(rule) ?? 0) + 1);
      if (!holds) this.#problems.push({ rule, where, detail });
    };
  }

  /** Which pathway to prefer (section 7.2). */
  async #steering(url: string, pathways: readonly string[], check: Check): Promise<void> {
    const answer = await exchange(url);
    check('the steering manifest is there', answer.status === 200, `${answer.status} ${url}`);
    check('the steering manifest is JSON', answer.headers['content-type'] === 'application/json');
    check('everybody may read', answer.headers['access-control-allow-origin'] === '*');
    check('the steering manifest is cached briefly', maxAgeOf(answer) <= 5);
    checkManifest(answer.body.toString(), pathways, check);
  }

  async #iFrames(url: string): Promise<void> {
    this.#pictures.push(...(await walkIFrames(url, this.#checkAt(url))));
  }

  async #rendition(url: string): Promise<void> {
    const check = this.#checkAt(url);
    const first = await this.#load(url, check);
    if (!first) return;
    await probeRendition(url, first, check);
    let playlist = (await this.#load(url, check)) ?? first;
    for (let parts = 0; this.#goesOn(parts) && !playlist.ended; parts += 1) {
      const next = await this.#step(url, { before: playlist, skip: parts % 2 === 1, check });
      if (!next) return;
      check('every other rendition is reported', next.reports.length === this.#others);
      check('every playlist says where to begin', next.startS === this.#startS);
      playlist = next;
      this.#seen += 1;
    }
    if (playlist.ended) {
      this.#ended = true;
      await probeEnd(url, playlist, check);
    } else await probePast(url, playlist, check);
    await probeGaps(url, playlist, check);
    const full = await exchange(url);
    this.#playlists.set(url, full.body.toString());
  }

  #goesOn(parts: number): boolean {
    if (performance.now() >= this.#untilMs) return false;
    return parts < this.#parts || this.#rules.some((rule) => !this.#checked.has(rule));
  }

  /** Asks for the next part in both ways at once: the blocking reload and the hinted part. */
  async #step(
    url: string,
    { before, skip, check }: { readonly before: ReadPlaylist; readonly skip: boolean; readonly check: Check },
  ): Promise<ReadPlaylist | undefined> {
    const last = before.segments.at(-1);
    const open = last?.uri === undefined ? last : undefined;
    const msn = open ? open.msn : (last?.msn ?? 0) + 1;
    const part = open?.parts.length ?? 0;
    const reload = `${url}?_HLS_msn=${msn}&_HLS_part=${part}${skip ? '&_HLS_skip=YES' : ''}`;
    const [hint] = before.hints;
    const [playlist, hinted] = await Promise.all([
      this.#load(reload, check, before),
      hint === undefined ? undefined : exchange(new URL(hint, url).href),
    ]);
    if (!playlist) return undefined;
    // A gap moves on, too: it gets no parts.
    const position = playlist.segments.findLast(({ parts, gap }) => parts.length > 0 || gap);
    const advanced =
      (position?.msn ?? 0) > msn ||
      (position?.msn === msn && (position.parts.length > part || position.gap)) ||
      playlist.ended;
    check('a blocking reload brings what it asked for', advanced, reload);
    // The run may have ended before it came.
    const over = playlist.hints.length === 0 || playlist.segments.at(-1)?.discontinuity === true;
    const lost = playlist.ended || playlist.segments.at(-1)?.gap === true || over;
    if (hinted?.status === 200 || (hinted && !lost))
      check('the hinted part can be fetched', hinted.status === 200, hint);
    // Its length could not be known while it is still growing.
    if (hinted?.status === 200)
      check(
        'the hinted part is sent when it is complete',
        hinted.headers['content-length'] !== undefined,
        hint,
      );
    await this.#media.take(url, playlist, check);
    return playlist;
  }

  async #load(url: string, check: Check, before?: ReadPlaylist): Promise<ReadPlaylist | undefined> {
    const answer = await exchange(url, { headers: { 'accept-encoding': 'gzip' } });
    check('playlists are there', answer.status === 200, `${answer.status} ${url}`);
    if (answer.status !== 200) return undefined;
    const text = textOf(answer, check);
    const read = readMediaPlaylist(text);
    // A client that was away for too long has no use for a delta update (section 6.3.7).
    const lastKnown = before?.segments.at(-1)?.msn ?? 0;
    if (read.skipped > 0 && lastKnown < read.mediaSequence + read.skipped)
      return this.#load(url.replace(/[?].*/, ''), check, before);
    const playlist = expand(read, before, check);
    const age = maxAgeOf(answer);
    if (url.includes('_HLS_msn'))
      check('blocked answers may be cached', age >= 6 * playlist.targetDurationS, String(age));
    else check('unblocked answers are cached for a second at most', age <= 1, String(age));
    checkPlaylist(playlist, check);
    if (before) checkSuccession(before, playlist, check);
    return playlist;
  }
}

function textOf(answer: Answer, check: Check): string {
  const { headers, body } = answer;
  check('playlists have their media type', headers['content-type'] === 'application/vnd.apple.mpegurl');
  check('everybody may read', headers['access-control-allow-origin'] === '*');
  check('playlists are compressed', headers['content-encoding'] === 'gzip');
  check('caches are told about compression', headers.vary === 'Accept-Encoding', headers.vary);
  check('age is left to caches', headers.age === undefined);
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : body.toString();
}

/** Puts back what a delta update left out (section 6.2.5.1). */
function expand(playlist: ReadPlaylist, before: ReadPlaylist | undefined, check: Check): ReadPlaylist {
  if (playlist.skipped === 0) return playlist;
  const from = playlist.mediaSequence;
  const known = before?.segments.filter((s) => s.msn >= from && s.msn < from + playlist.skipped) ?? [];
  check('a delta update leaves out what the client has', known.length === playlist.skipped);
  const map = known.at(-1)?.map ?? '';
  const filled = playlist.segments.map((segment) => (segment.map === '' ? { ...segment, map } : segment));
  const afterS = filled.reduce((sum, segment) => sum + segment.durationS, 0);
  const boundaryS = Number(playlist.control.get('CAN-SKIP-UNTIL'));
  check(
    'a delta update keeps everything behind the skip boundary',
    afterS >= boundaryS - 0.001,
    `${afterS} s`,
  );
  // Parts leave the playlist while their segment is skipped.
  return {
    ...playlist,
    skipped: 0,
    segments: [...known.map((segment) => ({ ...segment, parts: [] })), ...filled],
  };
}
