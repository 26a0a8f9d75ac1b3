import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublicationId } from '#src/core/ids.ts';
import type { IncomingTrack, MediaPlane } from '#src/core/plane.ts';
import { type EventLog, eventually, type SteppedClock, TestPeer, vp8 } from './media-kit.ts';
import {
  incomingTracks,
  joinViewer,
  openInlinePlane,
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

const [video] = incomingTracks();
/** OBS's way: the largest layer is called "0", and only RIDs tell layers apart. */
const simulcast: IncomingTrack = {
  ...video!,
  ssrcs: [],
  rids: ['0', '1'],
  extensions: { mid: 4, rid: 5, 'repaired-rid': 6 },
};

/** mid "0" and a rid, as one-byte elements. */
function rid(name: string): Buffer {
  return Buffer.from([0xbe, 0xde, 0, 1, 0x40, 0x30, 0x50, name.charCodeAt(0)]);
}

class Layers {
  readonly peer: TestPeer;
  #sequence = [10, 20_000];

  constructor(peer: TestPeer) {
    this.peer = peer;
  }

  send(layer: 0 | 1, kind: 'key' | 'delta', bytes: number): void {
    const sequence = this.#sequence[layer]!++;
    const fields = { payloadType: 96, marker: true, sequence, timestamp: sequence * 3_000, ssrc: 50 + layer };
    this.peer.sendRtp(fields, vp8(kind, bytes), rid(String(layer)));
  }
}

describe('simulcast', () => {
  it('moves everybody to the layer with the most bits, at its keyframe, without a hole', async () => {
    const layers = new Layers(await TestPeer.join(plane));
    plane.send({ type: 'publish', peer: layers.peer.id, publication, tracks: [simulcast] });
    const viewer = await joinViewer(plane, publication);
    layers.send(1, 'key', 60);
    await eventually('the small layer', () => viewer.rtp.length === 1);
    for (let i = 0; i < 10; i++) {
      layers.send(0, 'delta', 900);
      layers.send(1, 'delta', 60);
    }
    await eventually('ten more of the small layer', () => viewer.rtp.length === 11);
    expect(viewer.rtp.every((packet) => packet.payload.length === 60)).toBe(true);
    clock.aheadMs += 1_000;
    const asked = new Set<number>();
    await eventually('a request for the large layer', () => {
      readRtcp(layers.peer, { pli: (ssrc) => asked.add(ssrc) });
      return asked.has(50);
    });
    layers.send(1, 'delta', 60);
    layers.send(0, 'key', 900);
    layers.send(1, 'delta', 60);
    layers.send(0, 'delta', 900);
    await eventually('the large layer', () => viewer.rtp.length === 14);
    expect(viewer.rtp.slice(11).map((packet) => packet.payload.length)).toEqual([60, 900, 900]);
    expect(new Set(viewer.rtp.map((packet) => packet.ssrc))).toEqual(new Set([viewerSsrc.video]));
    const first = viewer.rtp[0]!.sequence;
    expect(viewer.rtp.map((packet) => (packet.sequence - first) & 0xffff)).toEqual(
      Array.from({ length: 14 }, (_, i) => i),
    );
    clock.aheadMs += 1_000;
    await eventually('both layers in a report', () => {
      const tracks = events.of('report').at(-1)?.report.publications[0]?.tracks ?? [];
      return (
        JSON.stringify(tracks[0]?.layers.map((layer) => [layer.rid, layer.ssrc])) === '[["0",50],["1",51]]'
      );
    });
  });

  it('counts packets that do not say which layer they belong to', async () => {
    const peer = await TestPeer.join(plane);
    plane.send({ type: 'publish', peer: peer.id, publication, tracks: [simulcast] });
    const fields = { payloadType: 96, marker: true, sequence: 1, timestamp: 1, ssrc: 77 };
    peer.sendRtp(fields, vp8('key'));
    peer.sendRtp({ ...fields, sequence: 2 }, vp8('key'), rid('9'));
    await eventually('both to be counted', () => {
      clock.aheadMs += 1_000;
      void peer.check();
      return events.of('report').at(-1)?.report.counters.dropped['unknown-source'] === 2;
    });
  });
});

describe('a publisher that changes', () => {
  it('may go on under another SSRC', async () => {
    const publisher = await TestPublisher.join(plane, publication, { tracks: [{ ...video!, ssrcs: [] }] });
    const viewer = await joinViewer(plane, publication);
    publisher.frame('key');
    await eventually('the first frame', () => viewer.rtp.length === 1);
    const fields = { payloadType: 96, marker: true, sequence: 5, timestamp: 5, ssrc: 0x9999 };
    publisher.peer.sendRtp(fields, vp8('key', 70));
    await eventually('the second', () => viewer.rtp.length === 2);
    expect((viewer.rtp[1]!.sequence - viewer.rtp[0]!.sequence) & 0xffff).toBe(1);
  });

  it('gives way only when the next one can send, and comes back to nothing', async () => {
    const first = await TestPublisher.join(plane, publication);
    const viewer = await joinViewer(plane, publication);
    const second = await TestPeer.open(plane);
    plane.send({ type: 'publish', peer: second.id, publication, tracks: incomingTracks() });
    first.frame('key');
    await eventually('the first publisher', () => viewer.rtp.length === 1);
    await second.check();
    plane.send({ type: 'secure', peer: second.id, keys: second.keys });
    first.frame('delta');
    await eventually('the drop', () => {
      clock.aheadMs += 1_000;
      void second.check();
      void viewer.check();
      void first.peer.check();
      return events.of('report').at(-1)?.report.counters.dropped['not-publishing'] === 1;
    });
    expect(viewer.rtp).toHaveLength(1);
  });
});

describe('transport-wide congestion control', () => {
  it('tells the publisher what arrived, instead of REMB', async () => {
    const tracks = incomingTracks({ mid: 4, 'transport-cc': 7 }).map((track): IncomingTrack => {
      return { ...track, feedback: [...track.feedback, 'transport-cc'] };
    });
    const publisher = await TestPublisher.join(plane, publication, { tracks });
    const numbered = (sequence: number): Buffer =>
      Buffer.from([0xbe, 0xde, 0, 1, 0x71, sequence >>> 8, sequence & 0xff, 0]);
    for (const sequence of [1, 2, 4]) publisher.frame('key', numbered(sequence));
    const arrived = new Map<number, boolean>();
    let rembs = 0;
    await eventually('feedback about four packets', () => {
      readRtcp(publisher.peer, {
        transportStatus: (sequence, arrivedUs) => arrived.set(sequence, arrivedUs !== undefined),
        remb: () => rembs++,
      });
      return arrived.size >= 4;
    });
    expect([...arrived]).toEqual([
      [1, true],
      [2, true],
      [3, false],
      [4, true],
    ]);
    expect(rembs).toBe(0);
  });
});
