import { expect, test } from 'vitest';
import type { PeerReport } from '#src/core/plane-report.ts';
import { openPublisher } from '#src/session/publish.ts';
import { Reports } from '#src/session/reports.ts';
import { streamStatus } from '#src/session/status.ts';
import { openViewer } from '#src/session/view.ts';
import { offerFor, sessionRig, streamName } from '#test/kit/session-fakes.ts';

test('what the media plane reports of a stream and its viewers is told with it; before that, nothing is made up', async () => {
  const { deps, plane, gateway } = sessionRig();
  using reports = new Reports(plane);
  await openPublisher(deps, offerFor('a'));
  await openViewer(deps, offerFor('a'));
  const stream = deps.streams.find(streamName('a'));
  if (stream === undefined) throw new Error('the stream was not opened');
  expect(streamStatus(stream, reports)).toMatchObject({
    tracks: [],
    interactiveTotals: { packetsSent: 0 },
    interactivePeers: [{ address: '192.0.2.1', estimateBps: 0, estimateSource: 'none', rung: '' }],
  });
  const path = { estimateBps: 900_000, estimateSource: 'remb', rung: 'l', videoPaused: true } as const;
  const counted = { rungChanges: 3, probePackets: 40, keyframeRequestsReceived: 2, nacksReceived: 5 };
  const peer: PeerReport = {
    peer: gateway.peers[1]?.id ?? (-1 as PeerReport['peer']),
    role: 'viewer',
    address: '198.51.100.7:9',
    secure: true,
    silentMs: 4,
    rttMs: 12.5,
    lossRatio: 0.02,
    packetsSent: 70,
    bytesSent: 7_000,
    retransmitted: 4,
    ...counted,
    ...path,
  };
  const viewers = {
    packetsSent: 170,
    bytesSent: 17_000,
    retransmitted: 6,
    ...counted,
  };
  const { publication } = stream;
  const counters = { datagramsIn: 0, datagramsOut: 0, bytesIn: 0, bytesOut: 0, sendErrors: 0, dropped: {} };
  const report = { atMs: 1, loopDelayMs: 0, peers: [peer], counters, workers: [] };
  const publications = [{ publication, publisher: undefined, tracks: [], viewers }];
  plane.raise({ type: 'report', report: { ...report, publications } });
  expect(streamStatus(stream, reports)).toMatchObject({
    interactiveTotals: viewers,
    interactivePeers: [{ address: '198.51.100.7:9', rttMs: 12.5, lossRatio: 0.02, ...counted, ...path }],
  });
});
