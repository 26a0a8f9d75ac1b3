import type { Packager } from '#src/core/cmaf.ts';
import type { Clock } from '#src/core/clock.ts';
import { type HlsFolder, parseHlsFolder } from '#src/core/hls-folder.ts';
import type { StreamId } from '#src/core/ids.ts';
import type { Log } from '#src/core/log.ts';
import type { PictureDesk } from '#src/core/pictures.ts';
import type { SegmentSinks } from '#src/core/record.ts';
import type {
  CaptionWish,
  DateRangeWish,
  ListedDateRange,
  TakenCaption,
  TimedTextDesk,
} from '#src/core/timed-text.ts';
import type { HlsConfig } from './config.ts';
import type { HlsIncoming, HlsOutgoing } from './exchange.ts';
import { noSuchStream, readOnly, tooManyStreams } from './failures.ts';
import { StreamPackager } from './packager.ts';
import { Places } from './places.ts';
import { originForm, splitTarget } from './target.ts';
import { type CacheAudience, sendFailure, sendPreflight, sendVerdict } from './respond.ts';
import { serve } from './serve.ts';

/** What somebody who may watch gets. */
export interface HlsAdmission {
  /** Who may keep it. */
  readonly audience: CacheAudience;
  /** No pictures higher than so many lines; undefined for all. */
  readonly maxHeight: number | undefined;
  /** Name of the cache that has taken the viewer's pass out of the path; absent for all others. */
  readonly edge?: string | undefined;
}

/**
 * Decides who gets a stream, how much of it and who may keep it; `pass` is what stood in the path before the folder's name.
 * Rejects with a Failure for who gets nothing.
 */
export type HlsGate = (
  request: HlsIncoming,
  response: HlsOutgoing,
  folder: HlsFolder,
  pass?: string,
) => Promise<HlsAdmission>;

/** What the origin needs. */
export interface HlsDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Without it everything is public. */
  readonly gate?: HlsGate;
  /** Where a request came from, for counting players; who connected by default. */
  readonly addressOf?: (request: HlsIncoming) => string;
  /** Whether a pattern in the settings means this stream. */
  readonly matches?: (pattern: string, stream: StreamId) => boolean;
  /** Recording, and DVR windows on disk. */
  readonly sinks?: SegmentSinks;
  /** Makes small pictures for storyboards. */
  readonly pictures?: PictureDesk;
}

/** The LL-HLS origin of this node: everything under /hls/. */
export interface HlsOrigin extends TimedTextDesk, AsyncDisposable {
  /** Answers requests under /hls/; false, and nothing done, for all others. */
  handle(request: HlsIncoming, response: HlsOutgoing): boolean;
  /**
   * The packager of a stream: the living one, or a new one when there is none or it has ended. Throws
   * `hls-too-many-streams`.
   */
  packager(stream: StreamId): Packager;
  /** Takes settings that may change while running. */
  reconfigure(next: HlsConfig): void;
}

/** Opens an origin; it owns its packagers. */
export function openHlsOrigin(deps: HlsDeps, config: HlsConfig): HlsOrigin {
  return new Origin(deps, config);
}

const prefix = '/hls/';
/** Below a stream: whether who asks may watch it, for caches that cannot check a pass by themselves. */
const verdictName = 'pass';

class Origin implements HlsOrigin {
  readonly #deps: HlsDeps;
  #config: HlsConfig;
  readonly #streams = new Places<StreamPackager>();

  constructor(deps: HlsDeps, config: HlsConfig) {
    this.#deps = deps;
    this.#config = config;
  }

  handle(request: HlsIncoming, response: HlsOutgoing): boolean {
    const target = originForm(request.url ?? '');
    if (!target.startsWith(prefix)) return false;
    const below = target.slice(prefix.length);
    this.#answer(request, response, below).catch((error: unknown) =>
      sendFailure(error, response, this.#deps.log),
    );
    return true;
  }

  reconfigure(next: HlsConfig): void {
    this.#config = next;
  }

  packager(stream: StreamId): Packager {
    const known = this.#streams.find(stream);
    if (known && !known.finished) return known;
    this.#makeRoom();
    const { clock, sinks, matches, pictures } = this.#deps;
    const deps = {
      clock,
      log: this.#deps.log.child({ streamId: stream }),
      pictures,
      ...(matches && { matches: (pattern: string) => matches(pattern, stream) }),
      ...(sinks && {
        sinks: (incarnation: string) => ({
          listener: sinks.listener(stream, incarnation),
          spool: sinks.spool(stream, incarnation),
        }),
      }),
    };
    const made = new StreamPackager(deps, this.#config);
    this.#streams.add(stream, made);
    return made;
  }

  caption(stream: StreamId, wish: CaptionWish): TakenCaption {
    return this.#live(stream).text.caption(wish);
  }

  dateRange(stream: StreamId, wish: DateRangeWish): ListedDateRange {
    return this.#live(stream).text.dateRange(wish);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#streams[Symbol.asyncDispose]();
  }

  async #answer(request: HlsIncoming, response: HlsOutgoing, below: string): Promise<void> {
    if (request.method === 'OPTIONS') {
      sendPreflight(response);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') throw readOnly(request.method ?? '');
    const { pass, name, path, query } = splitTarget(below);
    const folder = parseHlsFolder(name);
    if (!folder) throw noSuchStream(name.slice(0, 64));
    // Asked before the stream is looked for: who may not watch does not learn what there is.
    const everything: HlsAdmission = { audience: 'public', maxHeight: folder.maxHeight };
    const admission = (await this.#deps.gate?.(request, response, folder, pass)) ?? everything;
    if (path === verdictName) {
      sendVerdict(response, admission.audience);
      return;
    }
    const stream = this.#streams.answering(folder.stream, path);
    if (!stream) throw noSuchStream(folder.stream);
    const address = this.#deps.addressOf?.(request) ?? request.socket.remoteAddress ?? '';
    await serve({ stream, name, pass, path, query, request, response, ...admission, address }, this.#config);
  }

  /** Nothing more can be said in the playlists of a stream that has ended. */
  #live(stream: StreamId): StreamPackager {
    const found = this.#streams.find(stream);
    if (!found || found.finished) throw noSuchStream(stream);
    return found;
  }

  /** Ended streams leave early when places run out. */
  #makeRoom(): void {
    if (this.#streams.size < this.#config.maxStreams || this.#streams.freeOne()) return;
    throw tooManyStreams(this.#config.maxStreams);
  }
}
