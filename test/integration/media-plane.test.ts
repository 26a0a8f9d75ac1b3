import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublicationId } from '#src/core/ids.ts';
import type { MediaPlane } from '#src/core/plane.ts';
import { classify } from '#src/rtp/header.ts';
import { RtcpWriter } from '#src/rtp/rtcp/writer.ts';
import { type EventLog, eventually, type SteppedClock, type TestPeer } from './media-kit.ts';
import {
  framesOf,
  incomingTracks,
  joinViewer,
  openInlinePlane,
  nacksTo,
  outgoingTracks,
  publisherSsrc,
  readRtcp,
  TestPublisher,
  viewerSsrc,
} from './media-streams.ts';

let plane: MediaPlane;
let clock: SteppedClock;
let events: EventLog;
let publication: PublicationId;

beforeEach(async () => {
  ({ plane, clock, events, publication } = await openInlinePlane('127.0.0.1'));
});
afterEach(async () => {
  await plane[Symbol.asyncDispose]();
});

function sendNack(viewer: TestPeer, sequences: readonly number[]): void {
  const writer = new RtcpWriter(1, 'viewer');
  writer.begin();
  writer.nack(viewerSsrc.video, sequences);
  viewer.sendRtcp(writer.end());
}

const countOf = (peer: TestPeer, ssrc: number): number =>
  peer.rtp.filter((packet) => packet.ssrc === ssrc).length;

describe('forwarding', () => {
  it('gives every viewer the same payloads under its own names, from the first keyframe on', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewers = [
      await joinViewer(plane, publication),
      await joinViewer(plane, publication, { profile: 'aes-128-cm-hmac-sha1-80' }),
    ];
    publisher.frame('delta');
    const sent = ['key', 'delta', 'delta'].map((kind) => publisher.frame(kind as 'key' | 'delta'));
    publisher.audio(7, 960);
    for (const viewer of viewers) {
      await eventually('four packets', () => viewer.rtp.length === 4);
      expect(framesOf(viewer)).toEqual(sent);
      const video = viewer.rtp.filter((packet) => packet.ssrc === viewerSsrc.video);
      expect(video.map((packet) => packet.payloadType)).toEqual([120, 120, 120]);
      expect(video.map((packet) => (packet.sequence - video[0]!.sequence) & 0xffff)).toEqual([0, 1, 2]);
      expect(video.map((packet) => (packet.timestamp - video[0]!.timestamp) >>> 0)).toEqual([
        0, 3_000, 6_000,
      ]);
      // mid "v" under id 9, and nothing else.
      expect(video[0]?.extensions).toEqual(Buffer.from('bede000190760000', 'hex'));
      expect(viewer.rtp.find((packet) => packet.ssrc === viewerSsrc.audio)?.payloadType).toBe(100);
    }
    await publisher.peer[Symbol.asyncDispose]();
  });

  it("carries on over the publisher's sequence wrap and rollover", async () => {
    const publisher = await TestPublisher.join(plane, publication, { sequence: 65_400 });
    const viewer = await joinViewer(plane, publication);
    const sent = [publisher.frame('key')];
    for (let i = 0; i < 299; i++) {
      sent.push(publisher.frame('delta'));
      if (i % 20 === 0) await eventually('the packets', () => viewer.rtp.length === sent.length);
    }
    await eventually('all packets', () => viewer.rtp.length === 300);
    expect(framesOf(viewer)).toEqual(sent);
  });

  it('asks the publisher for a keyframe when a viewer joins, and merges what viewers ask for', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    // No keyframe has come that they could be brought up to date from.
    publisher.frame('delta');
    const viewers = await Promise.all([1, 2, 3].map(() => joinViewer(plane, publication)));
    const plis = (): number => {
      let count = 0;
      readRtcp(publisher.peer, { pli: (ssrc) => (count += ssrc === publisherSsrc.video ? 1 : 1_000) });
      return count;
    };
    await eventually('a keyframe request', () => plis() > 0);
    expect(plis()).toBe(1);
    publisher.frame('key');
    await eventually('the keyframe', () => viewers.every((viewer) => viewer.rtp.length === 1));
    for (const viewer of viewers) {
      const writer = new RtcpWriter(1, 'viewer');
      writer.begin();
      writer.pli(viewerSsrc.video);
      viewer.sendRtcp(writer.end());
    }
    clock.aheadMs += 600;
    await eventually('the next request', () => plis() === 2);
  });

  it('does not send a viewer what it cannot play', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const [video, audio] = outgoingTracks();
    const h264 = { payloadType: 102, codec: 'h264', clockRateHz: 90_000, fmtp: '' } as const;
    const viewer = await joinViewer(plane, publication, {
      tracks: [{ ...video!, payloads: [h264] }, audio!],
    });
    publisher.frame('key');
    publisher.audio(1, 1);
    await eventually('audio', () => viewer.rtp.length > 0);
    expect(viewer.rtp.map((packet) => packet.ssrc)).toEqual([viewerSsrc.audio]);
  });

  it('takes packets with an unasked rid when there is no simulcast, by payload type alone', async () => {
    const tracks = incomingTracks({}).map((track) => ({ ...track, ssrcs: [], mid: '' }));
    const publisher = await TestPublisher.join(plane, publication, { tracks });
    const viewer = await joinViewer(plane, publication);
    publisher.frame('key', Buffer.from('bede000120300000', 'hex'));
    await eventually('the frame', () => viewer.rtp.length === 1);
  });
});

describe('repair', () => {
  it('asks the publisher for what it lost and fills the hole for the viewers, by resend and by RTX', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewer = await joinViewer(plane, publication);
    for (const lost of [103, 105, 106]) publisher.loses.add(lost);
    const sent = [publisher.frame('key')];
    for (let i = 0; i < 9; i++) sent.push(publisher.frame('delta'));
    await eventually('NACKs', () => new Set(nacksTo(publisher.peer)).size === 3);
    expect(new Set(nacksTo(publisher.peer))).toEqual(new Set([103, 105, 106]));
    publisher.send(103);
    publisher.sendRtx(105, 1);
    publisher.sendRtx(106, 2);
    await eventually('all frames', () => viewer.rtp.length === 10);
    const bySequence = viewer.rtp.toSorted((a, b) => ((a.sequence - b.sequence) << 16) >> 16);
    expect(bySequence.map((packet) => packet.payload.toString('latin1', 40))).toEqual(sent);
  });

  it('answers a viewer with RTX of the very packet it lost', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewer = await joinViewer(plane, publication);
    const lost: number[] = [];
    viewer.loses = (packet) =>
      packet.ssrc === viewerSsrc.video && packet.payload.includes('102') && !!lost.push(packet.sequence);
    publisher.frame('key');
    publisher.frame('delta');
    const name = publisher.frame('delta');
    publisher.frame('delta');
    await eventually('the others', () => viewer.rtp.length === 3 && lost.length === 1);
    sendNack(viewer, lost);
    await eventually('the repair', () => countOf(viewer, viewerSsrc.videoRtx) === 1);
    const repair = viewer.rtp.find((packet) => packet.ssrc === viewerSsrc.videoRtx)!;
    expect(repair.payloadType).toBe(121);
    expect(repair.payload.readUInt16BE(0)).toBe(lost[0]);
    expect(repair.payload.toString('latin1', 42)).toBe(name);
    expect(repair.extensions).toEqual(Buffer.from('bede000190760000', 'hex'));
  });

  it('sends the same packet again, byte for byte, to a viewer without RTX', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewer = await joinViewer(plane, publication, { rtx: false });
    // The peer's own replay window refuses what it has read once: compare what came on the wire instead.
    const wire: Buffer[] = [];
    viewer.onDatagram = (datagram) => {
      if (classify(datagram) === 'rtp') wire.push(Buffer.from(datagram));
      return wire.length < 3;
    };
    publisher.frame('key');
    publisher.frame('delta');
    await eventually('both frames', () => viewer.rtp.length === 2);
    sendNack(viewer, [viewer.rtp[1]!.sequence]);
    await eventually('the same again', () => wire.length === 3);
    expect(wire[2]).toEqual(wire[1]);
  });
});

describe('reports', () => {
  it('sends the publisher receiver reports and REMB from the first packet on', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    publisher.frame('key');
    const rates: number[] = [];
    await eventually('REMB', () => {
      readRtcp(publisher.peer, { remb: (bitrateBps) => rates.push(bitrateBps) });
      return rates.length > 0;
    });
    expect(rates[0]).toBeGreaterThan(19_000_000);
  });

  it("puts the publisher's sender reports on the viewer's timeline and answers round trips", async () => {
    const publisher = await TestPublisher.join(plane, publication);
    plane.send({ type: 'tap', publication, on: true });
    const viewer = await joinViewer(plane, publication);
    publisher.frame('key');
    await eventually('the frame', () => viewer.rtp.length === 1);
    const reports: { ssrc: number; middle: number }[] = [];
    await eventually('a sender report', () => {
      readRtcp(viewer, {
        senderReport: ({ ssrc, ntpHigh, ntpLow }) =>
          reports.push({ ssrc, middle: (((ntpHigh & 0xffff) << 16) | (ntpLow >>> 16)) >>> 0 }),
      });
      return reports.length > 0;
    });
    expect(reports[0]?.ssrc).toBe(viewerSsrc.video);
    const writer = new RtcpWriter(1, 'viewer');
    const block = {
      reporter: 1,
      ssrc: viewerSsrc.video,
      fractionLost: 64,
      cumulativeLost: 1,
      highestSequence: 1,
      jitter: 0,
    };
    writer.begin({
      blocks: [{ ...block, lastSenderReport: reports[0]!.middle, delaySinceLastSenderReport: 0 }],
    });
    viewer.sendRtcp(writer.end());
    const published = new RtcpWriter(publisherSsrc.video, 'publisher');
    published.begin({
      senderReport: {
        ssrc: publisherSsrc.video,
        ntpHigh: 3_900_000_000,
        ntpLow: 0,
        rtpTimestamp: 1_000,
        packets: 1,
        octets: 1,
      },
    });
    publisher.peer.sendRtcp(published.end());
    await eventually('tap-clock', () => events.of('tap-clock').length === 1);
    expect(events.of('tap-clock')[0]).toMatchObject({
      kind: 'video',
      ntpMs: 3_900_000_000_000 - 2_208_988_800_000,
    });
    clock.aheadMs += 1_000;
    await eventually('the loss in a report', () => {
      const report = events.of('report').at(-1)?.report;
      const own = report?.peers.find((peer) => peer.peer === viewer.id);
      return own !== undefined && own.lossRatio === 0.25 && own.rttMs > 0;
    });
  });
});

describe('takeover', () => {
  it('keeps viewers and tap on one timeline when another publisher comes', async () => {
    plane.send({ type: 'tap', publication, on: true });
    const first = await TestPublisher.join(plane, publication);
    const viewer = await joinViewer(plane, publication);
    first.frame('key');
    first.frame('delta');
    await eventually('the first frames', () => viewer.rtp.length === 2);
    const second = await TestPublisher.join(plane, publication, {
      sequence: 40_000,
      tracks: incomingTracks({ mid: 1 }),
    });
    second.timestamp = 3_000_000_000;
    first.frame('delta');
    second.frame('delta');
    const name = second.frame('key');
    await eventually('the second publisher', () => viewer.rtp.length === 3);
    expect(framesOf(viewer)[2]).toBe(name);
    const [, before, after] = viewer.rtp;
    expect((after!.sequence - before!.sequence) & 0xffff).toBe(1);
    const step = (after!.timestamp - before!.timestamp) >>> 0;
    expect(step).toBeGreaterThan(0);
    expect(step).toBeLessThan(90_000 * 10);
    await eventually('the tap', () => events.of('tap').flatMap((event) => event.packets).length === 3);
    const tapped = events.of('tap').flatMap((event) => event.packets);
    expect(tapped.map((packet) => packet.keyframe)).toEqual([true, false, true]);
    expect(tapped[2]!.sequence - tapped[1]!.sequence).toBe(1);
    expect(Buffer.from(tapped[2]!.payload).toString('latin1', 40)).toBe(name);
  });
});
