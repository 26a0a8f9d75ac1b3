import type { ExtraEntry, ExtraPlace, ExtraRendition } from '../extras.ts';
import type { Listing } from '../listing.ts';
import { PlaylistTexts } from '../playlist-texts.ts';
import { renderPlaylist, type Report, type Skip } from '../playlist.ts';
import type { PlaylistBytes, ServedRendition } from '../served.ts';
import type { StreamTiming } from '../timing.ts';
import { Waiters } from '../waiters.ts';
import type { Segment } from '../media-segment.ts';
import { MediaWindow } from '../window.ts';
import type { Cue } from './cue.ts';
import { SegmentStore } from './segment-store.ts';
import type { CaptionTrack } from './track.ts';
import { tellText } from './text-news.ts';
import { renderWebVtt } from './webvtt.ts';

/** Which subtitles these are. */
export interface SubtitleDeps {
  /** Lower case letters and digits. */
  readonly id: string;
  readonly track: CaptionTrack;
  readonly place: ExtraPlace;
}

/**
 * The subtitles of one language (RFC 8216bis section 3.1.4). It lists what the main rendition lists, with the same sequence
 * numbers, parts, discontinuities and gaps; a part holds what is to be seen while the main one's part is played, often nothing.
 */
export class SubtitleRendition implements ExtraRendition, ServedRendition {
  readonly id: string;
  readonly mediaType = 'text/vtt; charset=utf-8';
  readonly window: MediaWindow;
  readonly waiters: Waiters;
  readonly #track: CaptionTrack;
  readonly #place: ExtraPlace;
  readonly #store: SegmentStore;
  readonly #texts = new PlaylistTexts((skip) => this.#write(skip));
  /** Captions in the open segment so far. */
  readonly #open = new Map<string, Cue>();
  #parts = 0;
  /** Where the newest part ends, by the wall clock. */
  #endWallMs = -Infinity;
  #nextName: string | undefined;
  /** What it follows knows what comes next. */
  #hints = false;

  constructor({ id, track, place }: SubtitleDeps) {
    this.id = id;
    this.#track = track;
    this.#place = place;
    this.#store = new SegmentStore(place.windowMs);
    this.window = new MediaWindow(place.timing, place.config.windowLimitBytes, { spool: this.#store });
    this.waiters = new Waiters(place.config.maxBlockedRequests);
  }

  get served(): ServedRendition {
    return this;
  }

  get timing(): StreamTiming {
    return this.#place.timing;
  }

  get hintName(): string | undefined {
    return this.window.ended || !this.#hints ? undefined : this.#nextName;
  }

  /** Listed with its first complete segment: players take a playlist of parts alone for an empty one. */
  get entry(): ExtraEntry | undefined {
    if (this.window.segments[0]?.complete !== true) return undefined;
    return { as: 'subtitles', language: this.#track.language, name: this.#track.name, isDefault: false };
  }

  /** WebVTT needs no init segment. */
  init(): undefined {
    return undefined;
  }

  whole(name: string): Uint8Array | undefined {
    return this.#store.get(name);
  }

  report(): Report | undefined {
    const { msn, parts } = this.window.last;
    return this.#parts === 0 ? undefined : { uri: `${this.id}.m3u8`, lastMsn: msn, lastPart: parts - 1 };
  }

  playlist(skip: Skip): PlaylistBytes {
    return this.#texts.get(skip);
  }

  follow({ window, hintName }: Listing): void {
    const { segments, ended } = window;
    this.#hints = hintName !== undefined;
    for (const segment of segments.slice(this.#firstNew(segments))) this.#mirror(segment);
    if (ended && !this.window.ended) {
      this.#complete();
      this.window.end();
    }
    this.#texts.clear();
    this.waiters.wake();
  }

  /** Index of the first segment that may bring something new. */
  #firstNew(segments: readonly Segment[]): number {
    const newest = segments.at(-1);
    if (!newest) return 0;
    if (this.window.segments.length > 0)
      return Math.max(0, segments.length - 1 - (newest.msn - this.window.last.msn));
    // A language that comes later begins with what players of the others may still ask for: where parts are.
    const first = segments.findLastIndex((segment) => !segment.gap && segment.parts.length === 0) + 1;
    this.window.startAt(segments[first]?.msn ?? newest.msn);
    return first;
  }

  #mirror(segment: Segment): void {
    const { last } = this.window;
    if (segment.msn > last.msn) this.#begin(segment);
    else if (segment.msn < last.msn || !this.window.open) return;
    if (segment.gap) return;
    const have = this.window.last.parts;
    let startMs = segment.startMs + sumOf(segment.parts.slice(0, have).map((part) => part.listedMs));
    for (const part of segment.parts.slice(have)) {
      const isLast = part === segment.parts.at(-1);
      // What is listed of a part that came late is less than it lasts; the next one makes up for it.
      const endMs = isLast ? segment.startMs + segment.durationMs : startMs + part.listedMs;
      this.#addPart(segment, { startMs, endMs, listedMs: part.listedMs });
      startMs = endMs;
    }
    if (segment.complete) this.#complete();
  }

  #begin(segment: Segment): void {
    this.#complete();
    // On the new time line it would be another cue, and players show what they have beyond the discontinuity.
    if (segment.discontinuity) this.#track.forgetBegun(this.#endWallMs);
    const { run, discontinuity, startWallMs, startMs, gap, durationMs } = segment;
    const start = {
      name: `${this.id}_e${run}_s${segment.msn}.vtt`,
      ...{ run, discontinuity, startWallMs, startMs, gap },
      mapName: '',
      independent: true,
    };
    if (gap) this.window.addGap(start, durationMs);
    else this.window.begin(start);
    // Whoever has a later playlist has no use for what ended before it.
    this.#track.forget(startWallMs);
    this.#endWallMs = startWallMs;
  }

  #addPart(
    segment: Segment,
    {
      startMs,
      endMs,
      listedMs,
    }: { readonly startMs: number; readonly endMs: number; readonly listedMs: number },
  ): void {
    const at = { wallMs: segment.startWallMs, mediaMs: segment.startMs };
    const toWall = (mediaMs: number): number => mediaMs - at.mediaMs + at.wallMs;
    const cues = this.#track.during({ startMs: toWall(startMs), endMs: toWall(endMs) });
    for (const cue of cues) this.#open.set(cue.id, cue);
    this.#endWallMs = toWall(endMs);
    this.#parts += 1;
    const name = this.#partName(segment.run);
    this.window.addPart({ name, listedMs, independent: true, bytes: bytesOf(renderWebVtt(cues, at)) }, endMs);
    this.#nextName = this.#partName(segment.run, 1);
  }

  /** The open segment gets no more parts: what they held, in one piece. */
  #complete(): void {
    const { open } = this.window;
    if (!open) return;
    const at = { wallMs: open.startWallMs, mediaMs: open.startMs };
    const text = bytesOf(renderWebVtt([...this.#open.values()], at));
    this.#store.set(open.name, text);
    this.window.completeOpen();
    const { language, name } = this.#track;
    const chunks = this.#open.size > 0 ? [text] : [];
    if (this.#place.listener) tellText(this.#place.listener, open, { id: this.id, language, name, chunks });
    this.#open.clear();
  }

  #partName(run: number, after = 0): string {
    return `${this.id}_e${run}_p${this.#parts + after}.vtt`;
  }

  #write(skip: Skip): string {
    const { segments, ended, everyIndependent } = this.window;
    const { timing, reports } = this.#place;
    const view = {
      timing,
      segments,
      ended,
      everyIndependent,
      hintName: this.hintName,
      reports: reports(this.id),
    };
    return renderPlaylist(view, skip);
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
