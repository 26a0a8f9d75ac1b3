/** Bounds of one viewer's estimate. */
export interface BandwidthSettings {
  /** Assumed until feedback tells. */
  readonly startBps: number;
  readonly minBps: number;
  readonly maxBps: number;
}

/** Neither delay nor loss may let the estimate run away from what is really sent. */
export function growthLimitBps(ackedBps: number): number {
  return 1.5 * ackedBps + 10_000;
}

/** Start low enough for a phone, end above any picture. */
export const defaultBandwidth: BandwidthSettings = { startBps: 800_000, minBps: 30_000, maxBps: 50_000_000 };
