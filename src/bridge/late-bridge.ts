import type { Bridge, BridgeReport, Obstacle } from '#src/core/cmaf.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Track } from '#src/core/media.ts';
import type { FfmpegFound } from './ffmpeg.ts';
import type { FfmpegSearch } from './ffmpeg-search.ts';

/** What a bridge is opened with once there is an FFmpeg. */
export interface LateBridgeDeps {
  readonly search: Pick<FfmpegSearch, 'outcome' | 'failure' | 'againMs' | 'whenFound'>;
  readonly open: (found: FfmpegFound) => Bridge;
  /** Belongs to the bridge that is opened; let go of when none ever is. */
  readonly parts: Disposable;
}

/** A bridge at once when there is an FFmpeg; else one that says why there is none, and begins when there is one. */
export function bridgeWhenFound(deps: LateBridgeDeps): Bridge {
  const { outcome } = deps.search;
  return 'found' in outcome ? deps.open(outcome.found) : new LateBridge(deps);
}

/** What a bridge without FFmpeg reports. */
export function brokenReport(problem: string): BridgeReport {
  return {
    ...{ state: 'failed', video: 'none', audio: 'none', epoch: 0, restarts: 0, pid: undefined },
    ...{ framesIn: 0, framesDropped: 0, cpuCores: 0, problem },
  };
}

/** Stands in for a bridge while there is no FFmpeg, and does no harm; afterwards it is the bridge. */
class LateBridge implements Bridge {
  readonly #search: LateBridgeDeps['search'];
  readonly #life = new Lifetime();
  readonly closed = this.#life.closed;
  #tracks: readonly Track[] = [];
  #bridge: Bridge | undefined;

  constructor({ search, open, parts }: LateBridgeDeps) {
    this.#search = search;
    this.#life.defer(() => {
      if (!this.#bridge) parts[Symbol.dispose]();
    });
    this.#life.own(
      search.whenFound((found) => {
        this.#bridge = this.#life.own(open(found));
        this.#bridge.setTracks(this.#tracks);
      }),
    );
  }

  get report(): BridgeReport {
    return this.#bridge?.report ?? brokenReport(this.#search.failure?.message ?? '');
  }

  get obstacle(): Obstacle | undefined {
    if (this.#bridge) return this.#bridge.obstacle;
    const { failure, againMs } = this.#search;
    if (!failure) return undefined;
    const { code } = failure;
    const known = code === 'ffmpeg-old' || code === 'ffmpeg-incomplete' ? code : 'ffmpeg-missing';
    return { code: known, retryAfterMs: againMs };
  }

  setTracks(tracks: readonly Track[]): void {
    this.#tracks = tracks;
    this.#bridge?.setTracks(tracks);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }
}
