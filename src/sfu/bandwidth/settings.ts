/** Bounds of one viewer's estimate. */
export interface BandwidthSettings {
  /** Assumed until feedback tells. */
  readonly startBps: number;
  readonly minBps: number;
  readonly maxBps: number;
}

/** Start low enough for a phone, end above any picture. */
export const defaultBandwidth: BandwidthSettings = { startBps: 800_000, minBps: 30_000, maxBps: 50_000_000 };
