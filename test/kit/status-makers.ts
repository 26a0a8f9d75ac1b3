import type { SessionId } from '#src/core/ids.ts';
import type { LayerReport } from '#src/core/plane-report.ts';
import type { ViewerStatus } from '#src/core/status.ts';

/** A session's id, as JSON brings it. */
export const someSession = 's' as SessionId;

/** A layer of which nothing has arrived, but for what is said. */
export function layerReport(change: Partial<LayerReport> = {}): LayerReport {
  return {
    layer: 0,
    viewers: 0,
    cachedBytes: 0,
    rid: '',
    ssrc: 1,
    packets: 0,
    bytes: 0,
    bitrateBps: 0,
    frameRate: 0,
    width: 0,
    height: 0,
    keyframes: 0,
    lost: 0,
    repaired: 0,
    nacksSent: 0,
    keyframeRequestsSent: 0,
    jitterMs: 0,
    ...change,
  };
}

/** A viewer to whom nothing was sent, but for what is said. */
export function viewerStatus(change: Partial<ViewerStatus> = {}): ViewerStatus {
  return {
    session: someSession,
    address: '',
    userAgent: '',
    joinedAt: '2026-01-01T00:00:00Z',
    rttMs: 0,
    lossRatio: 0,
    bytesSent: 0,
    packetsSent: 0,
    retransmitted: 0,
    nacksReceived: 0,
    keyframeRequestsReceived: 0,
    estimateBps: 0,
    estimateSource: 'none',
    rung: '',
    wish: {},
    videoPaused: false,
    rungChanges: 0,
    probePackets: 0,
    ...change,
  };
}
