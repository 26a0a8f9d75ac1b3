import { nothingSent, type ViewerTotals } from '#src/core/plane-report.ts';

/** Totals that grow. */
export type GrowingTotals = { -readonly [K in keyof ViewerTotals]: number };

/** Nothing yet. */
export function noTotals(): GrowingTotals {
  return { ...nothingSent };
}

/** Adds what one viewer, or the viewers of one worker, got and asked for. */
export function addTotals(sum: GrowingTotals, more: ViewerTotals): void {
  sum.packetsSent += more.packetsSent;
  sum.bytesSent += more.bytesSent;
  sum.nacksReceived += more.nacksReceived;
  sum.retransmitted += more.retransmitted;
  sum.keyframeRequestsReceived += more.keyframeRequestsReceived;
  sum.rungChanges += more.rungChanges;
  sum.probePackets += more.probePackets;
}
