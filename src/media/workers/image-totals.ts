import type { PublicationReport, StartUpReport } from '#src/core/plane-report.ts';
import { addTotals, noTotals, type GrowingTotals } from '../viewer-totals.ts';

/** How often viewers were brought up to date. */
export type StartUpTotals = {
  -readonly [K in keyof Pick<StartUpReport, 'replays' | 'replayedPackets' | 'requestedInstead'>]: number;
};

interface Life {
  readonly viewers: PublicationReport['viewers'];
  readonly startUps: Readonly<StartUpTotals>;
}

const noStartUps: Readonly<StartUpTotals> = { replays: 0, replayedPackets: 0, requestedInstead: 0 };

/** What the images of one publication in one worker counted: there may be several, one after the other, each from 0 on. */
export class ImageTotals {
  readonly #endedViewers = noTotals();
  readonly #endedStartUps: StartUpTotals = { ...noStartUps };
  #now: Life | undefined;

  /** Takes in what the image says now; undefined while there is none. */
  take(image: PublicationReport | undefined): void {
    const before = this.#now;
    const goesOn = image !== undefined && before !== undefined && !wentDown(before, image);
    if (before !== undefined && !goesOn) this.#end(before);
    if (image === undefined) {
      this.#now = undefined;
      return;
    }
    // While nobody publishes there are no tracks to tell of, but what was counted stays.
    const told = image.tracks.find(({ startUp }) => startUp !== undefined)?.startUp;
    this.#now = { viewers: image.viewers, startUps: told ?? (goesOn ? before.startUps : noStartUps) };
  }

  /** Adds all lives up to now. */
  addTo(viewers: GrowingTotals, startUps: StartUpTotals): void {
    addTotals(viewers, this.#endedViewers);
    addStartUps(startUps, this.#endedStartUps);
    if (this.#now === undefined) return;
    addTotals(viewers, this.#now.viewers);
    addStartUps(startUps, this.#now.startUps);
  }

  #end({ viewers, startUps }: Life): void {
    addTotals(this.#endedViewers, viewers);
    addStartUps(this.#endedStartUps, startUps);
  }
}

/** It was closed and opened again between two reports. */
function wentDown(before: Life, { viewers }: PublicationReport): boolean {
  return viewers.packetsSent < before.viewers.packetsSent;
}

function addStartUps(sum: StartUpTotals, more: Readonly<StartUpTotals>): void {
  sum.replays += more.replays;
  sum.replayedPackets += more.replayedPackets;
  sum.requestedInstead += more.requestedInstead;
}
