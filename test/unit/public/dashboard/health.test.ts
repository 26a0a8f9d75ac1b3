import { describe, expect, it } from 'vitest';
import { lastingWaitMs, nodeFindings, streamFindings, type NodeTrend } from '#public/dashboard/health.ts';
import { StreamHistory } from '#public/dashboard/history.ts';
import type { StreamView } from '#public/shared/api-types.ts';
import { someSession as session } from '#test/kit/status-makers.ts';
import { node, peer, stream } from './fixtures.ts';

const startMs = Date.parse('2026-01-01T00:00:00Z');

function findings(
  view: StreamView,
  nowMs = startMs + 1_000,
  history = new StreamHistory(),
): readonly string[] {
  history.add(view, nowMs);
  return streamFindings(view, history, nowMs).map((finding) => `${finding.level}: ${finding.what}`);
}

const calm: NodeTrend = {
  droppedPerSecond: {},
  sendErrorsPerSecond: 0,
  lapsesPerSecond: 0,
  mediaWaitsMs: [],
  requestWaitsMs: [],
};

describe('nodeFindings', () => {
  it('is silent about a healthy gateway', () => {
    expect(nodeFindings(node(), { ...calm, droppedPerSecond: { 'unknown-address': 1 } })).toEqual([]);
  });

  it('hands on why FFmpeg cannot run', () => {
    const problem = 'Install it with: apt-get install ffmpeg';
    expect(nodeFindings(node({ ffmpeg: { available: false, version: null, problem } }), calm)).toMatchObject([
      { level: 'bad', remedy: problem },
    ]);
  });

  it('hands on that nothing can be encoded', () => {
    const problem = 'this FFmpeg has no libx264';
    expect(nodeFindings(node({ ffmpeg: { available: true, version: '7.1', problem } }), calm)).toMatchObject([
      { level: 'warn', remedy: problem },
    ]);
  });

  it('names slow threads and floods of junk', () => {
    const slow = nodeFindings(node(), {
      ...calm,
      droppedPerSecond: { 'srtp-auth': 50 },
      mediaWaitsMs: [150, 160, 400, 150, 170],
      requestWaitsMs: [400, 400, 400, 400, 300],
    });
    expect(slow.map((finding) => finding.level)).toEqual(['bad', 'warn', 'warn']);
    expect(slow[0]?.what).toContain('150 ms and more');
    expect(slow[2]?.what).toContain('srtp-auth');
  });

  it('notices a system that refuses to send, and a worker that was too late for another', () => {
    expect(nodeFindings(node(), { ...calm, sendErrorsPerSecond: 40 })).toMatchObject([{ level: 'bad' }]);
    expect(nodeFindings(node(), { ...calm, lapsesPerSecond: 0.5 })).toMatchObject([{ level: 'warn' }]);
  });

  it('does not cry about a machine that is busy for a moment', () => {
    const trend = (mediaWaitsMs: readonly number[]): NodeTrend => ({ ...calm, mediaWaitsMs });
    expect(nodeFindings(node(), trend([500]))).toEqual([]);
    expect(nodeFindings(node(), trend([500, 500, 500, 500]))).toEqual([]);
    expect(nodeFindings(node(), trend([43, 82, 3, 90, 43, 60]))).toEqual([]);
    expect(nodeFindings(node(), trend([3, 43, 82, 43, 90, 43]))).toMatchObject([{ level: 'warn' }]);
    expect(lastingWaitMs([1, 900, 30, 40, 50, 60])).toBe(30);
  });
});

describe('streamFindings', () => {
  it('is silent about a healthy stream and about one that is not live', () => {
    expect(findings(stream())).toEqual([]);
    expect(findings(stream({ live: false, publisher: null, bridge: null, hls: null }))).toEqual([]);
  });

  it('notices a silent publisher', () => {
    const publisher = { session, codecs: [], address: '', userAgent: '', silentMs: 4_000, rttMs: 1 };
    expect(findings(stream({ publisher }))).toEqual(['bad: The publisher has been silent for 4 s.']);
  });

  it('notices loss on the way in', () => {
    const history = new StreamHistory();
    history.add(stream({}, { packets: 1_000, lost: 0 }), startMs);
    expect(findings(stream({}, { packets: 1_950, lost: 50 }), startMs + 1_000, history)).toEqual([
      'bad: 5.0 % of the publisher’s packets never arrive.',
    ]);
  });

  it('notices that no keyframe comes', () => {
    const history = new StreamHistory();
    history.add(stream(), startMs);
    // Nobody needed one: browsers send keyframes only when asked.
    expect(findings(stream(), startMs + 12_000, history)).toEqual([]);
    expect(findings(stream({}, { keyframeRequestsSent: 3 }), startMs + 13_000, history)).toEqual([
      'warn: No keyframe for 13 s, though it was asked for.',
    ]);
  });

  it('notices each trouble of the broadcast', () => {
    const bridge = stream().bridge;
    if (bridge === null) throw new Error('the fixture has a bridge');
    const failed = stream({ bridge: { ...bridge, state: 'failed', problem: 'No encoder.' } });
    expect(findings(failed)).toEqual(['bad: The broadcast of this stream is down: FFmpeg gave up.']);
    expect(findings(stream({ bridge: { ...bridge, state: 'restarting' } }))).toEqual([
      'warn: FFmpeg is being restarted.',
    ]);
    const notReady = stream({ hls: { ready: false, renditions: [], viewers: 0, requests: 0, bytesOut: 0 } });
    expect(findings(notReady, startMs + 5_000)).toEqual([]);
    expect(findings(notReady, startMs + 16_000)).toEqual(['warn: The broadcast is not ready after 15 s.']);
    const dear = stream({ bridge: { ...bridge, video: 'transcode', cpuCores: 1.42 } });
    expect(findings(dear)).toEqual(['warn: Turning H.264 into H.264 costs 1.4 cores.']);
    const history = new StreamHistory();
    history.add(stream(), startMs);
    const missed = stream({ bridge: { ...bridge, framesDropped: 7 } });
    expect(findings(missed, startMs + 1_000, history)).toEqual([
      'warn: FFmpeg missed 7 frames in the last 10 s.',
    ]);
  });

  it('tells one bad network from a full uplink', () => {
    expect(
      findings(stream({ interactivePeers: [peer({ lossRatio: 0.2 }), peer({ lossRatio: 0 })] })),
    ).toEqual(['warn: 1 front-row viewer loses more than 5 % of the packets.']);
    expect(
      findings(stream({ interactivePeers: [peer({ lossRatio: 0.2 }), peer({ lossRatio: 0.1 })] })),
    ).toEqual(['bad: 2 front-row viewers lose more than 5 % of the packets.']);
  });

  it('says so when a publisher ignores keyframe requests and sends few by itself', () => {
    const deaf = (spanMs: number): StreamView => {
      const startUp = { packets: 1, bytes: 1, spanMs, replays: 0, replayedPackets: 0, requestedInstead: 0 };
      const [video] = stream().tracks;
      return stream({ tracks: video === undefined ? [] : [{ ...video, keyframeRequests: 'deaf', startUp }] });
    };
    expect(findings(deaf(900))).toEqual([]);
    expect(findings(deaf(7_000))).toEqual([
      'warn: The publisher ignores requests for keyframes, and its own are seconds apart.',
    ]);
  });
});
