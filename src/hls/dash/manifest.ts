import { gzipSync } from 'node:zlib';
import type { Clock } from '#src/core/clock.ts';
import type { PlaylistBytes } from '../served.ts';
import type { StreamTiming } from '../timing.ts';
import { renderMpd } from './mpd.ts';
import { Periods, type ShowsRun } from './periods.ts';
import { stretchesOf } from './stretches.ts';
import type { DashTrack } from './track.ts';

/** What an MPD is made of. */
export interface ManifestDeps {
  readonly incarnation: string;
  readonly clock: Clock;
  /** Renditions that players may choose from, at this moment. */
  readonly tracks: () => readonly DashTrack[];
  /** Whether a run of a track may be shown; all may where it is absent. */
  readonly shows?: ShowsRun;
}

/** What a player does in the time between two parts: it asks, gets, and shows. */
const allowanceMs = 500;
/** An MPD is this old at most when a player learns from it of the next segment. */
const staleMs = 2_000;

/** The MPD of one stream. Nothing is made until it is asked for, and then once for everybody until it would say something else. */
export class Manifest {
  readonly #deps: ManifestDeps;
  readonly #periods: Periods;
  #state = '';
  /** The newest MPD without its date. */
  #undated = '';
  #bytes: PlaylistBytes | undefined;
  /** Strictly rising: players tell by it which of two is newer. */
  #publishedMs = 0;

  constructor(deps: ManifestDeps) {
    this.#deps = deps;
    this.#periods = new Periods(deps.incarnation, deps.shows);
  }

  /** The MPD as of now; undefined without anything to play. */
  get(): PlaylistBytes | undefined {
    const tracks = this.#deps.tracks();
    const [first] = tracks;
    if (!first) return undefined;
    const state = tracks.map(stateOf).join(' ');
    if (state === this.#state) return this.#bytes;
    this.#state = state;
    this.#bytes = this.#write(tracks, first.timing);
    return this.#bytes;
  }

  #write(tracks: readonly DashTrack[], timing: StreamTiming): PlaylistBytes | undefined {
    const periods = this.#periods.of(tracks);
    if (periods.length === 0) return undefined;
    const view = {
      periods,
      ended: tracks.every(({ window }) => window.ended),
      publishedMs: Math.max(this.#publishedMs + 1, Math.round(this.#deps.clock.wallMs())),
      timeShiftMs: Math.min(...tracks.map(({ window }) => window.reachMs)),
      ...liveOf(tracks, timing),
    };
    const undated = renderMpd({ ...view, publishedMs: 0 });
    if (undated === this.#undated) return this.#bytes;
    this.#undated = undated;
    this.#publishedMs = view.publishedMs;
    const plain = Buffer.from(renderMpd(view));
    return { plain, gzip: gzipSync(plain, { level: 6 }) };
  }
}

/** Equal as long as nothing that an MPD depends on has changed. */
function stateOf({ id, window, nextSegmentName }: DashTrack): string {
  const { segments, open, ended } = window;
  const outgrown = open ? Math.floor(open.durationMs / allowanceMs) : '';
  const [first] = segments;
  const last = segments.at(-1);
  return `${id}:${first?.msn}-${last?.msn}:${outgrown}:${nextSegmentName}:${ended}`;
}

/** How early segments may be asked for, and how far behind players should be. */
function liveOf(
  tracks: readonly DashTrack[],
  { partTargetMs }: StreamTiming,
): { readonly availabilityTimeOffsetMs: number | undefined; readonly latencyMs: number } {
  const newest = tracks.map((track) => stretchesOf(track).at(-1));
  const nearMs = 4 * partTargetMs + allowanceMs;
  const predictions = newest.map((stretch) => stretch?.prediction);
  if (predictions.includes(undefined)) {
    const longestMs = Math.max(
      ...newest.flatMap((stretch) => stretch?.segments.map(({ startMs, endMs }) => endMs - startMs) ?? []),
    );
    return { availabilityTimeOffsetMs: undefined, latencyMs: longestMs + staleMs };
  }
  const known = predictions.filter((prediction) => prediction !== undefined);
  const onlyOne = known.some(({ segments }) => segments === 1);
  return {
    availabilityTimeOffsetMs: Math.min(...known.map(({ durationMs }) => durationMs)) - partTargetMs,
    latencyMs: onlyOne ? nearMs + staleMs : nearMs,
  };
}
