import type { SegmentListener } from '#src/core/record.ts';
import type { HlsConfig } from './config.ts';
import type { Listing } from './listing.ts';
import type { Report } from './playlist.ts';
import type { ServedRendition } from './served.ts';
import type { StreamTiming } from './timing.ts';

/*
 * Media playlists that no track of the encoder feeds: subtitles, pictures for seeking. To add one, hand a maker to
 * StreamPackager.addExtra: from then on it is served below the stream's URL, listed in the multivariant playlist as its `entry`
 * says, reported in the playlists of the others, and told whenever the rendition that it runs beside has listed something.
 */

/** What the multivariant playlist says about an extra rendition. */
export type ExtraEntry =
  | {
      readonly as: 'subtitles';
      /** BCP 47 (RFC 5646). */
      readonly language: string;
      readonly name: string;
      readonly isDefault: boolean;
    }
  | {
      readonly as: 'i-frames';
      /** The rendition whose pictures these are. */
      readonly of: string;
      readonly peakBps: number;
      readonly averageBps: number;
    };

/** An extra rendition and where its playlist is. */
export interface ListedExtra {
  readonly uri: string;
  readonly entry: ExtraEntry;
}

/** A rendition that runs beside those of the encoder. */
export interface ExtraRendition {
  readonly served: ServedRendition;
  /** Undefined while it must not be listed. */
  readonly entry: ExtraEntry | undefined;
  /** Where it stands, for the playlists of the others; undefined when they need not know. */
  report(): Report | undefined;
  /** The main rendition has listed a part, a segment or a gap, or has ended: `main.window` says all of it. Must not wait. */
  follow(main: Listing): void;
}

/** What an extra rendition gets from its stream. */
export interface ExtraPlace {
  readonly timing: StreamTiming;
  readonly config: HlsConfig;
  /** Media that stays listed, a DVR window on disk included. */
  readonly windowMs: number;
  /** Hears every complete segment that is worth keeping. */
  readonly listener?: SegmentListener | undefined;
  /** Where all the others stand. */
  readonly reports: (exceptId: string) => readonly Report[];
}

/** Makes an extra rendition once the times of the stream are known. */
export type ExtraMaker = (place: ExtraPlace) => ExtraRendition;

/** More than any stream has use for. */
const maxExtras = 64;

/** The extra renditions of one stream. */
export class Extras {
  readonly #all = new Map<string, ExtraRendition>();
  #waiting: ExtraMaker[] = [];
  #place: ExtraPlace | undefined;
  #main: Listing | undefined;

  /** In the order of their ids. */
  get all(): readonly ExtraRendition[] {
    return [...this.#all.values()].toSorted((one, other) => (one.served.id < other.served.id ? -1 : 1));
  }

  /** Adds one; false when there are too many. */
  add(make: ExtraMaker): boolean {
    if (this.#all.size + this.#waiting.length >= maxExtras) return false;
    if (!this.#place) {
      this.#waiting.push(make);
      return true;
    }
    const extra = make(this.#place);
    this.#all.set(extra.served.id, extra);
    if (this.#main) extra.follow(this.#main);
    return true;
  }

  find(id: string): ServedRendition | undefined {
    return this.#all.get(id)?.served;
  }

  /** What the multivariant playlist says of one. */
  entryOf(id: string): ExtraEntry | undefined {
    return this.#all.get(id)?.entry;
  }

  /** What the multivariant playlist lists, whose URLs begin with the folder. */
  listedIn(folder: string): readonly ListedExtra[] {
    return this.all.flatMap(({ served, entry }) =>
      entry ? [{ uri: `${folder}/${served.id}.m3u8`, entry }] : [],
    );
  }

  reports(exceptId: string): readonly Report[] {
    return this.all.flatMap((extra) => (extra.served.id === exceptId ? [] : (extra.report() ?? [])));
  }

  /** The times of the stream are known. */
  open(place: ExtraPlace): void {
    this.#place = place;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const make of waiting) this.add(make);
  }

  /** The main rendition, the same one for the whole stream, has changed. */
  follow(main: Listing): void {
    this.#main = main;
    for (const extra of this.#all.values()) extra.follow(main);
  }
}
