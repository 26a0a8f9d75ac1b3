import type { Vitals } from '#src/core/finding.ts';
import type { TrackReport } from '#src/core/plane-report.ts';
import { rounded } from '#src/core/rounding.ts';
import type { Symptom, Watch } from '../symptom.ts';

interface Totals {
  readonly packets: number;
  readonly lost: number;
  readonly repaired: number;
}

/** Seconds over which losses are judged. */
const window = 10;
const leastPackets = 200;
const lossShare = 0.005;
const repairedShare = 0.02;
const jitterLimitMs = 50;

/** Judges the way from the publisher by what the media plane counted: losses, repairs, jitter, deaf encoders. */
export class WayWatch implements Watch {
  #history: Totals[] = [];
  #jitterMs = 0;
  #deaf = false;

  report({ publication }: Vitals): void {
    const tracks = publication?.tracks ?? [];
    const now = totalsOf(tracks);
    const last = this.#history.at(-1);
    // A layer that left takes its counts with it.
    const continues =
      !last || (now.packets >= last.packets && now.lost >= last.lost && now.repaired >= last.repaired);
    if (!continues) this.#history = [];
    this.#history.push(now);
    if (this.#history.length > window + 1) this.#history.shift();
    // A picture leaves as a train of packets, which looks like jitter: sound tells better.
    const told = tracks.find(({ kind }) => kind === 'audio') ?? tracks[0];
    this.#jitterMs = Math.max(0, ...(told?.layers ?? []).map((layer) => layer.jitterMs));
    this.#deaf = tracks.some(({ keyframeRequests }) => keyframeRequests === 'deaf');
  }

  symptoms(): readonly Symptom[] {
    const symptoms: Symptom[] = [];
    const first = this.#history[0];
    const last = this.#history.at(-1);
    const packets = first && last ? last.packets - first.packets : 0;
    if (first && last && packets >= leastPackets) {
      const lossRatio = (last.lost - first.lost) / (packets + last.lost - first.lost);
      const repairedRatio = (last.repaired - first.repaired) / packets;
      if (lossRatio >= lossShare)
        symptoms.push({ code: 'loss', evidence: { lossPercent: percent(lossRatio) } });
      if (repairedRatio >= repairedShare)
        symptoms.push({ code: 'loss-repaired', evidence: { repairedPercent: percent(repairedRatio) } });
    }
    if (this.#jitterMs > jitterLimitMs)
      symptoms.push({ code: 'jitter', evidence: { jitterMs: Math.round(this.#jitterMs) } });
    if (this.#deaf) symptoms.push({ code: 'deaf-to-keyframe-requests', evidence: {} });
    return symptoms;
  }
}

function totalsOf(tracks: readonly TrackReport[]): Totals {
  const totals = { packets: 0, lost: 0, repaired: 0 };
  for (const { layers } of tracks)
    for (const layer of layers) {
      totals.packets += layer.packets;
      totals.lost += layer.lost;
      totals.repaired += layer.repaired;
    }
  return totals;
}

function percent(ratio: number): number {
  return rounded(100 * ratio, 2);
}
