import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublicationId } from '#src/core/ids.ts';
import type { MediaPlane } from '#src/core/plane.ts';
import { bindingRequest, type EventLog, eventually, type SteppedClock, TestPeer } from './media-kit.ts';
import { framesOf, joinViewer, openInlinePlane, TestPublisher } from './media-streams.ts';

let plane: MediaPlane;
let clock: SteppedClock;
let events: EventLog;
let publication: PublicationId;

beforeEach(async () => {
  ({ plane, clock, events, publication } = await openInlinePlane());
});
afterEach(async () => {
  await plane[Symbol.asyncDispose]();
});

const dropped = (): Readonly<Record<string, number>> => {
  clock.aheadMs += 1_000;
  return events.of('report').at(-1)?.report.counters.dropped ?? {};
};

describe('liveness', () => {
  it('removes a peer that never came, and one that fell silent, and nobody else', async () => {
    const absent = await TestPeer.open(plane);
    const silent = await TestPeer.join(plane);
    const lively = await TestPeer.join(plane);
    expect(events.of('ice-connected').map((event) => event.peer)).toEqual([silent.id, lively.id]);
    clock.aheadMs += 6_000;
    await lively.check();
    clock.aheadMs += 6_000;
    await eventually('both to be gone', () => events.of('peer-gone').length === 2);
    const gone = events.of('peer-gone').map(({ peer, reason }) => ({ peer, reason }));
    expect(gone).toContainEqual({ peer: absent.id, reason: 'never-came' });
    expect(gone).toContainEqual({ peer: silent.id, reason: 'silent' });
    await lively.check();
  });

  it('tells that media flows, pauses and flows again', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const flows = (): boolean[] => events.of('media-flows').map((event) => event.flowing);
    publisher.frame('key');
    await eventually('media', () => flows().length === 1);
    clock.aheadMs += 3_000;
    await eventually('the pause', () => flows().length === 2);
    publisher.frame('key');
    await eventually('media again', () => flows().length === 3);
    expect(flows()).toEqual([true, false, true]);
  });
});

describe('ICE', () => {
  it('follows a viewer to another port once it nominates there', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewer = await joinViewer(plane, publication);
    const sent = [publisher.frame('key')];
    await eventually('the first frame', () => viewer.rtp.length === 1);
    await viewer.move();
    await viewer.check({ nominate: true });
    sent.push(publisher.frame('delta'));
    await eventually('the second frame', () => viewer.rtp.length === 2);
    expect(framesOf(viewer)).toEqual(sent);
  });

  it('restarts: both credentials work until the new ones were used', async () => {
    const peer = await TestPeer.join(plane);
    const fresh = { ufrag: 'restarted', password: 'another password of the plane' };
    plane.send({ type: 'restart-ice', peer: peer.id, local: fresh, remote: fresh });
    await peer.check();
    await peer.check({ credentials: fresh });
    const answers = peer.stun.length;
    peer.sendRaw(bindingRequest(`${peer.local.ufrag}:theirs`, peer.local.password));
    await eventually('the refusal', () => (dropped()['stun-unauthenticated'] ?? 0) === 1);
    expect(peer.stun.length).toBe(answers);
  });
});

describe('DTLS', () => {
  const record = (type: number, epoch: number): Buffer =>
    Buffer.from([type, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 0, 0, 1, 9]);

  it('passes only from verified addresses, and nothing in the clear once secure', async () => {
    const stranger = await TestPeer.open(plane);
    const peer = await TestPeer.open(plane);
    stranger.sendRaw(record(22, 0));
    await peer.check();
    peer.sendRaw(record(22, 0));
    peer.sendRaw(record(21, 0));
    await eventually('handshake and alert', () => events.of('dtls-in').length === 2);
    expect(events.of('dtls-in').map((event) => event.peer)).toEqual([peer.id, peer.id]);
    plane.send({ type: 'secure', peer: peer.id, keys: peer.keys });
    peer.sendRaw(record(21, 0));
    peer.sendRaw(record(22, 0));
    peer.sendRaw(record(21, 1));
    await eventually('the late flight and the encrypted alert', () => events.of('dtls-in').length === 4);
    expect(
      events
        .of('dtls-in')
        .slice(2)
        .map((event) => event.datagram[0]),
    ).toEqual([22, 21]);
    clock.aheadMs += 6_000;
    await peer.check();
    peer.sendRaw(record(22, 0));
    await eventually('the refusals', () => (dropped()['dtls-refused'] ?? 0) === 2);
    expect(dropped()['unknown-address']).toBe(1);
  });

  it('sends what the control plane hands it to the address of the peer', async () => {
    const peer = await TestPeer.join(plane);
    plane.send({ type: 'dtls-out', peer: peer.id, datagram: record(22, 0) });
    await eventually('the datagram', () => peer.dtls.length === 1);
    expect(peer.dtls[0]).toEqual(record(22, 0));
  });
});

describe('hostile input', () => {
  it('survives 20,000 junk datagrams, answers none of them and loses no media', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewer = await joinViewer(plane, publication);
    const attacker = createSocket('udp4');
    attacker.bind(0, '127.0.0.1');
    await once(attacker, 'listening');
    let answered = 0;
    attacker.on('message', (bytes) => (answered += bytes.length));
    const forged = bindingRequest(`${viewer.local.ufrag}:theirs`, 'a wrong password altogether');
    const sent = [publisher.frame('key')];
    const batches = 400;
    for (let batch = 0; batch < batches; batch++) {
      for (let i = 0; i < 50; i++) attacker.send(junk(batch * 50 + i, forged), plane.port, '127.0.0.1');
      sent.push(publisher.frame('delta'));
      // Paced by what came through, so that the kernel's buffer and not the plane's patience is the limit.
      await eventually('the frames', () => viewer.rtp.length >= sent.length);
    }
    expect(framesOf(viewer)).toEqual(sent);
    await eventually('all junk to be counted', () => {
      const counts = dropped();
      return Object.values(counts).reduce((sum, count) => sum + count, 0) >= 20_000;
    });
    expect(answered).toBe(0);
    expect(dropped()['bug']).toBeUndefined();
    attacker.close();
  });

  it('keeps going for everybody when the peers themselves send rubbish', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewer = await joinViewer(plane, publication);
    publisher.frame('key');
    await eventually('the first frame', () => viewer.rtp.length === 1);
    viewer.sendRtcp(Buffer.from('81cd00ff0000000100000002', 'hex'));
    viewer.sendRtp(
      { payloadType: 120, marker: false, sequence: 1, timestamp: 1, ssrc: 7 },
      Buffer.from('media'),
    );
    publisher.peer.sendRtp(
      { payloadType: 33, marker: false, sequence: 1, timestamp: 1, ssrc: 8 },
      Buffer.from('?'),
    );
    publisher.peer.sendRtp(
      { payloadType: 97, marker: false, sequence: 1, timestamp: 1, ssrc: 0x1001 },
      Buffer.from(''),
    );
    publisher.peer.sendRaw(Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 1]));
    // Many more than a publisher may have.
    for (let ssrc = 100; ssrc < 155; ssrc++) {
      publisher.peer.sendRtp(
        { payloadType: 96, marker: false, sequence: 1, timestamp: 1, ssrc },
        Buffer.from('x'),
      );
    }
    await eventually('the refusals', () => (dropped()['unknown-source'] ?? 0) >= 20);
    expect(dropped()).toMatchObject({
      'rtcp-malformed': 1,
      'not-publishing': 1,
      'rtx-unusable': 1,
      malformed: 1,
    });
    expect(dropped()['bug']).toBeUndefined();
  });
});

function junk(index: number, forged: Buffer): Buffer {
  const length = 1 + ((index * 37) % 200);
  const bytes = Buffer.alloc(length, index & 0xff);
  switch (index % 5) {
    case 0: // STUN of a known user, with a wrong password
      return forged;
    case 1: // STUN, cut off
      return forged.subarray(0, 1 + (index % (forged.length - 1)));
    case 2: // DTLS
      bytes[0] = 22;
      return bytes;
    case 3: // RTP and RTCP
      bytes[0] = 0x80 | (index & 0x3f);
      return bytes;
    default:
      return bytes;
  }
}
