import { nothingSent } from '#src/core/plane-report.ts';
import type { PublisherStatus, StreamStatus, ViewerStatus } from '#src/core/status.ts';
import type { Reports } from './reports.ts';
import type { Session } from './sessions.ts';
import type { PublisherSession, Stream } from './stream.ts';
import { wishOf } from './wishes.ts';

/** One stream as operators see it. */
export function streamStatus(stream: Stream, reports: Reports): StreamStatus {
  const { hls } = stream.broadcast;
  const report = reports.publication(stream.publication);
  return {
    id: stream.id,
    live: stream.flowing,
    startedAt: stream.startedAtMs === undefined ? null : new Date(stream.startedAtMs).toISOString(),
    publisher: stream.publisher ? publisherStatus(stream.publisher, reports) : null,
    tracks: report?.tracks ?? [],
    viewers: { interactive: stream.viewers.size, broadcast: hls.viewers },
    interactivePeers: [...stream.viewers.values()].map((viewer) => viewerStatus(viewer, reports)),
    interactiveTotals: report?.viewers ?? nothingSent,
    bridge: stream.broadcast.bridge,
    hls,
    findings: stream.doctor.findings,
  };
}

function publisherStatus(session: PublisherSession, reports: Reports): PublisherStatus {
  const report = reports.peer(session.peer.id);
  return {
    session: session.id,
    codecs: session.peer.tracks.map(({ codec }) => codec),
    address: report?.address || session.address, // the media address, once there is one
    ...(report?.transport !== undefined && { transport: report.transport }),
    userAgent: session.userAgent,
    silentMs: report?.silentMs ?? 0,
    rttMs: report?.rttMs ?? 0,
  };
}

function viewerStatus(session: Session, reports: Reports): ViewerStatus {
  const report = reports.peer(session.peer.id);
  return {
    session: session.id,
    address: report?.address || session.address,
    ...(report?.transport !== undefined && { transport: report.transport }),
    userAgent: session.userAgent,
    joinedAt: new Date(session.joinedAtMs).toISOString(),
    rttMs: report?.rttMs ?? 0,
    lossRatio: report?.lossRatio ?? 0,
    bytesSent: report?.bytesSent ?? 0,
    packetsSent: report?.packetsSent ?? 0,
    retransmitted: report?.retransmitted ?? 0,
    nacksReceived: report?.nacksReceived ?? 0,
    keyframeRequestsReceived: report?.keyframeRequestsReceived ?? 0,
    estimateBps: report?.estimateBps ?? 0,
    estimateSource: report?.estimateSource ?? 'none',
    wish: wishOf(session),
    rung: report?.rung ?? '',
    videoPaused: report?.videoPaused ?? false,
    rungChanges: report?.rungChanges ?? 0,
    probePackets: report?.probePackets ?? 0,
  };
}
