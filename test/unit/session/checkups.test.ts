import { expect, test } from 'vitest';
import { brokenReport } from '#src/bridge/late-bridge.ts';
import type { Finding } from '#src/core/finding.ts';
import { openCheckups } from '#src/session/checkups.ts';
import { join } from '#src/session/join.ts';
import { openPublisher } from '#src/session/publish.ts';
import { Reports } from '#src/session/reports.ts';
import { streamStatus } from '#src/session/status.ts';
import { openViewer } from '#src/session/view.ts';
import { offerFor, sessionRig, settle, streamName } from '#test/kit/session-fakes.ts';

const asks = { stream: streamName('a'), webrtc: true, wants: undefined, codecs: undefined };

test('the doctor meets each publisher that takes the stream, and hears when it leaves', async () => {
  const { deps, gateway, doctors } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  await openPublisher(deps, offerFor('a'));
  await gateway.peers[1]?.connect();
  await gateway.peers[1]?.fall();
  const [doctor] = doctors;
  const met = { userAgent: 'test', tracks: [expect.objectContaining({ codec: 'h264' }) as unknown] };
  expect(doctor?.patients).toEqual([met, met, undefined]);
  await deps.streams[Symbol.asyncDispose]();
  expect(doctor?.patients.length).toBe(4);
});

test('B-frames send new viewers to LL-HLS and say why; those that are there stay', async () => {
  const { deps, doctors } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  await openViewer(deps, offerFor('a'));
  const [doctor] = doctors;
  if (!doctor) throw new Error('no doctor');
  doctor.bFrames = true;
  expect(join(deps, asks)).toMatchObject({ tier: 'broadcast', reason: 'b-frames' });
  await expect(openViewer(deps, offerFor('a'))).rejects.toMatchObject({
    code: 'b-frames',
    message: expect.stringContaining('"Use B-Frames"') as string,
  });
  await settle();
  expect(deps.streams.find(streamName('a'))?.viewers.size).toBe(1);
  const allowing = { ...deps, rules: () => ({ ...deps.rules(), allowBFrames: true }) };
  expect(join(allowing, asks)).toMatchObject({ tier: 'interactive' });
  await openViewer(allowing, offerFor('a'));
  doctor.bFrames = false;
  expect(join(deps, { ...asks, wants: 'broadcast' })).toMatchObject({ reason: 'requested' });
});

test('where LL-HLS cannot be had, a jumping picture is better than none', async () => {
  const { deps, doctors, broadcasts } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  const [doctor] = doctors;
  const [broadcast] = broadcasts;
  if (!doctor || !broadcast) throw new Error('no stream');
  doctor.bFrames = true;
  broadcast.bridge = brokenReport('no FFmpeg');
  expect(join(deps, asks)).toMatchObject({ tier: 'interactive' });
  await openViewer(deps, offerFor('a'));
});

test('each doctor hears what the media plane reported, and its findings are in the status of the stream', async () => {
  const { deps, plane, doctors } = sessionRig();
  using reports = new Reports(plane);
  const checkups = openCheckups(plane, deps.streams, reports);
  await openPublisher(deps, offerFor('a'));
  const counters = { datagramsIn: 0, datagramsOut: 0, bytesIn: 0, bytesOut: 0, sendErrors: 0, dropped: {} };
  const report = { atMs: 1, loopDelayMs: 0, publications: [], peers: [], counters, workers: [] };
  plane.raise({ type: 'report', report });
  checkups[Symbol.dispose]();
  plane.raise({ type: 'report', report });
  const [doctor] = doctors;
  const stream = deps.streams.find(streamName('a'));
  if (!doctor || !stream) throw new Error('no stream');
  expect(doctor.reports).toBe(1);
  const finding: Finding = {
    ...{ code: 'loss', severity: 'problem', kind: undefined, message: '', advice: '', since: '' },
    evidence: { lossPercent: 2 },
  };
  doctor.findings = [finding];
  expect(streamStatus(stream, reports).findings).toEqual([finding]);
});
