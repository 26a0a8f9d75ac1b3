import type { Vitals } from '#src/core/finding.ts';
import type { PeerReport, RungReport } from '#src/core/plane-report.ts';
import type { Symptom, Watch } from '../symptom.ts';

/** One viewer with a bad network says nothing about the publisher. */
const leastViewers = 3;
const manyShare = 0.25;

/** Compares what the publisher sends with what the networks of its viewers carry. */
export class AudienceWatch implements Watch {
  #rungs: readonly RungReport[] = [];
  /** Ascending; viewers whose network was never measured are left out. */
  #estimatesBps: readonly number[] = [];

  report({ publication, viewers }: Vitals): void {
    this.#rungs = publication?.tracks.find(({ kind }) => kind === 'video')?.rungs ?? [];
    this.#estimatesBps = viewers.flatMap(estimateOf).toSorted((a, b) => a - b);
  }

  symptoms(): readonly Symptom[] {
    const [smallest] = this.#rungs;
    const largest = this.#rungs.at(-1);
    const viewers = this.#estimatesBps.length;
    if (!smallest || !largest || viewers < leastViewers) return [];
    const constrained = this.#estimatesBps.filter((bps) => bps < smallest.bps).length;
    const evidence = {
      viewers,
      constrained,
      medianEstimateBps: this.#estimatesBps[viewers >> 1] ?? 0,
      smallestBps: smallest.bps,
    };
    if (constrained > viewers / 2) return [{ code: 'bitrate-over-viewers', evidence }];
    const oneLayer = this.#rungs.every(({ layer }) => layer === largest.layer);
    const narrow = this.#estimatesBps.filter((bps) => bps < largest.bps).length;
    if (!oneLayer || narrow < leastViewers || narrow < manyShare * viewers) return [];
    return [
      { code: 'no-simulcast', evidence: { ...evidence, constrained: narrow, smallestBps: largest.bps } },
    ];
  }
}

function estimateOf({ estimateBps }: PeerReport): readonly number[] {
  return estimateBps > 0 ? [estimateBps] : [];
}
