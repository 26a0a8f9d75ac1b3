import { describe, expect, it } from 'vitest';
import type { EnginePeer, MediaEngine } from '#src/core/engine.ts';
import type { PayloadType } from '#src/core/media.ts';
import type { Feedback, IncomingTrack } from '#src/core/plane.ts';
import { IncomingLayer } from '#src/media/incoming-layer.ts';
import { PublisherFeedback } from '#src/media/publisher-feedback.ts';
import { ntpMiddle } from '#src/rtp/ntp.ts';
import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import type { RtcpVisitor } from '#src/rtp/rtcp/types.ts';
import { PublisherClock } from '#src/sfu/source.ts';

const format: PayloadType = { payloadType: 96, codec: 'vp8', clockRateHz: 90_000, fmtp: '' };

function trackWith(feedback: readonly Feedback[]): IncomingTrack {
  return {
    kind: 'video',
    mid: '0',
    payloads: [format],
    ssrcs: [],
    rids: ['l', 'h'],
    extensions: {},
    feedback,
  };
}

/** Feedback to a publisher with two layers, SSRCs 1 and 2; what it is sent is read with `read`. */
function rig(words: readonly Feedback[] = ['nack', 'pli', 'fir']) {
  const sent: Uint8Array[] = [];
  const sendRtcp = (_peer: EnginePeer, packet: Uint8Array): void => void sent.push(packet.slice());
  const tally = { rttMs: 0 };
  const track = trackWith(words);
  const feedback = new PublisherFeedback({ sendRtcp } as unknown as MediaEngine, 1 as EnginePeer, {
    tracks: [track],
    maxBps: 1e6,
    tally,
  });
  const layers = [0, 1].map(
    (layer) => new IncomingLayer({ track, layer, ssrc: layer + 1, format, clock: new PublisherClock() }),
  );
  const read = (visitor: RtcpVisitor): void => {
    const reader = new RtcpReader();
    for (const packet of sent.splice(0)) expect(reader.read(packet, visitor)).toBeUndefined();
  };
  return { feedback, layers, tally, sent, read };
}

describe('round trip', () => {
  /** The reference time that leaves at `nowMs`. */
  function ask({ feedback, layers, read }: ReturnType<typeof rig>, nowMs: number) {
    const asked: { ssrc: number; middle: number }[] = [];
    feedback.tick(layers, nowMs);
    read({
      receiverReferenceTime: (ssrc, high, low) => asked.push({ ssrc, middle: ntpMiddle(high, low) }),
    });
    expect(asked).toHaveLength(1);
    return asked[0]!;
  }

  it('is measured by the answer to our reference time, less the time it was held', () => {
    const all = rig();
    const { ssrc, middle } = ask(all, 10_000);
    const answer = {
      reporter: 1,
      ssrc,
      lastReceiverReport: middle,
      delaySinceLastReceiverReport: 65_536 / 4,
    };
    all.feedback.answered(answer, 10_330);
    expect(all.tally.rttMs).toBeCloseTo(80, 3);
  });

  it('is not told by answers to others, nor to times that we never sent', () => {
    const all = rig();
    const { ssrc, middle } = ask(all, 10_000);
    const answer = { reporter: 1, delaySinceLastReceiverReport: 0 };
    all.feedback.answered({ ...answer, ssrc: ssrc ^ 1, lastReceiverReport: middle }, 10_050);
    all.feedback.answered({ ...answer, ssrc, lastReceiverReport: middle ^ 1 }, 10_050);
    expect(all.tally.rttMs).toBe(0);
  });

  it('says how long a repair is waited for', () => {
    const { feedback, layers, tally, read } = rig();
    tally.rttMs = 300;
    const [layer] = layers;
    layer?.nack.record(10, 0);
    layer?.nack.record(12, 0);
    const asked: number[] = [];
    for (let nowMs = 0; nowMs < 900; nowMs += 10) {
      feedback.tick(layers, nowMs);
      read({ nack: (_ssrc, sequence) => asked.push(sequence, nowMs) });
    }
    expect(asked).toEqual([11, 10, 11, 310, 11, 610]);
  });
});

describe('keyframe requests', () => {
  it('name all layers in one message', () => {
    const { feedback, layers, sent, read } = rig();
    feedback.requestKeyframes(layers);
    expect(sent).toHaveLength(1);
    const asked: number[] = [];
    read({ pli: (ssrc) => asked.push(ssrc) });
    expect(asked).toEqual([1, 2]);
    expect(layers.map((layer) => layer.report({ viewers: 0, cachedBytes: 0 }).keyframeRequestsSent)).toEqual([
      1, 1,
    ]);
  });

  it('are FIR with a new number each where PLI was not negotiated, and nothing for nobody', () => {
    const { feedback, layers, sent, read } = rig(['fir']);
    feedback.requestKeyframes([]);
    expect(sent).toHaveLength(0);
    feedback.requestKeyframes(layers);
    feedback.requestKeyframes(layers.slice(1));
    const asked: number[][] = [];
    read({ fir: (ssrc, sequence) => asked.push([ssrc, sequence]) });
    expect(asked).toEqual([
      [1, 1],
      [2, 2],
      [2, 3],
    ]);
  });
});
