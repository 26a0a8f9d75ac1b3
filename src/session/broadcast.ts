import type { Bridge, BridgeReport, Packager, PackagerReport } from '#src/core/cmaf.ts';
import type { LadderName } from '#src/core/ladder.ts';
import type { Track } from '#src/core/media.ts';

/** The LL-HLS side of one stream: a bridge that feeds a packager. */
export interface Broadcast extends AsyncDisposable {
  /** The publisher is there and sends these tracks; `ladder` is what it may have of qualities, undefined the usual. */
  publish(tracks: readonly Track[], ladder?: LadderName): void;
  /** The publisher is away and may come back. */
  pause(): void;
  /** The publisher will not come back: the playlist ends, and stays readable for a while. */
  finish(): void;
  readonly bridge: BridgeReport | null;
  readonly hls: PackagerReport;
}

/** Takes the ladder of whoever publishes now. */
export interface LadderChoice {
  choose(name: LadderName | undefined): void;
}

/** Joins a bridge and a packager; without a bridge (no FFmpeg) the packager stays empty and the tier unavailable. */
export function joinBroadcast(
  packager: Packager,
  bridge: Bridge | undefined,
  ladder?: LadderChoice,
): Broadcast {
  packager.obstructedBy(() => bridge?.obstacle);
  return {
    publish(tracks, name) {
      // First, so that the epoch which the publisher begins is planned by it.
      ladder?.choose(name);
      bridge?.setTracks(tracks);
    },
    pause() {
      bridge?.setTracks([]);
      packager.pause();
    },
    finish: () => packager.finish(),
    get bridge() {
      return bridge?.report ?? null;
    },
    get hls() {
      return packager.report;
    },
    async [Symbol.asyncDispose]() {
      await bridge?.[Symbol.asyncDispose]();
    },
  };
}
