import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, TestPeer, vp8 } from './media-kit.ts';
import {
  framesOf,
  incomingTracks,
  joinViewer,
  openPublication,
  outgoingTracks,
  publisherSsrc,
  readRtcp,
  TestPublisher,
  viewerSsrc,
} from './media-streams.ts';
import { TcpLeg } from './tcp-leg.ts';
import { closeAll, joinOverTcp, openTcpRig, own, settled } from './tcp-rig.ts';

afterEach(closeAll);

describe.each([
  ['inline', { inline: true }],
  ['in threads', { inline: false, workers: 2 }],
])('a plane with a TCP port (%s)', (_, more) => {
  it('takes a publisher and serves viewers over TCP alone, in order, with feedback', async () => {
    const rig = await openTcpRig({}, more);
    const { plane } = rig;
    const publication = openPublication(plane);
    const { peer: source, leg: up } = await joinOverTcp(rig, { publication, role: 'publisher' });
    plane.send({ type: 'publish', peer: source.id, publication, tracks: incomingTracks() });
    const viewers: Awaited<ReturnType<typeof joinOverTcp>>[] = [];
    for (let i = 0; i < 3; i++) viewers.push(await joinOverTcp(rig, { publication, role: 'viewer' }));
    for (const { peer } of viewers)
      plane.send({ type: 'view', peer: peer.id, publication, tracks: outgoingTracks() });
    await eventually('everybody in a report', () =>
      [source, ...viewers.map(({ peer }) => peer)].every((peer) => rig.reportOf(peer)?.role !== undefined),
    );
    const publisher = TestPublisher.of(source);
    const sent = [publisher.frame('key')];
    for (let i = 0; i < 100; i++) sent.push(publisher.frame('delta'));
    for (const { peer, leg } of viewers) {
      await eventually('all frames', () => framesOf(peer).length >= sent.length);
      expect(framesOf(peer)).toEqual(sent);
      await eventually('its report', () => (rig.reportOf(peer)?.packetsSent ?? 0) >= sent.length);
      expect(rig.reportOf(peer)).toMatchObject({ address: leg.address, transport: 'tcp', role: 'viewer' });
    }
    expect(rig.reportOf(source)).toMatchObject({ address: up.address, transport: 'tcp' });

    const [first] = viewers;
    const keyframes = keyframeRequests(source);
    first?.peer.sendRtcp(pictureLoss(viewerSsrc.video));
    await eventually('the keyframe request at the publisher', () => keyframeRequests(source) > keyframes);
    await eventually('a tally', () => (rig.report()?.tcp?.framesOut ?? 0) >= 3 * sent.length);
    expect(rig.report()?.tcp).toMatchObject({
      port: rig.tcpPort,
      connections: 4,
      accepted: 4,
      framesDropped: 0,
    });
  });

  it('tells a client the address that it really has', async () => {
    const rig = await openTcpRig({}, more);
    const publication = openPublication(rig.plane);
    const { peer, leg } = await joinOverTcp(rig, { publication, role: 'viewer' });
    const answer = await peer.check();
    const port = answer.readUInt16BE(26) ^ 0x2112;
    expect(`127.0.0.1:${String(port)}`).toBe(leg.address);
    await eventually('the event', () => rig.events.of('ice-connected').length === 1);
  });

  it('goes on over a new connection after an ICE restart', async () => {
    const rig = await openTcpRig({}, more);
    const { plane } = rig;
    const publication = openPublication(plane);
    const publisher = await TestPublisher.join(plane, publication);
    own(publisher.peer);
    const { peer, leg } = await joinOverTcp(rig, { publication, role: 'viewer' });
    plane.send({ type: 'view', peer: peer.id, publication, tracks: outgoingTracks() });
    await eventually('the viewer', () => rig.reportOf(peer)?.role === 'viewer');
    publisher.frame('key');
    await eventually('the first frame', () => framesOf(peer).length === 1);

    const local = { ufrag: `again${String(peer.id)}`, password: 'another password of the plane' };
    plane.send({ type: 'restart-ice', peer: peer.id, local, remote: { ufrag: 'x', password: 'y' } });
    const next = own(await TcpLeg.open(rig.tcpPort));
    await peer.move();
    peer.planePort = next.port;
    await peer.check({ credentials: local });
    leg.socket.destroy();
    const last = publisher.frame('delta');
    await eventually('the next frame', () => framesOf(peer).at(-1) === last);
    await eventually('the new address', () => rig.reportOf(peer)?.address === next.address);
  });
});

describe('the TCP port, when something goes wrong', () => {
  it('leaves media out for a viewer that does not read, and disturbs nobody else', async () => {
    const backlog = { steadyBytes: 65_536, patienceMs: 200, burstBytes: 262_144, cutBytes: 4_194_304 };
    const rig = await openTcpRig({ backlog });
    const { plane } = rig;
    const publication = openPublication(plane);
    const publisher = await TestPublisher.join(plane, publication);
    own(publisher.peer);
    const other = own(await joinViewer(plane, publication));
    const { peer, leg } = await joinOverTcp(rig, { publication, role: 'viewer' });
    plane.send({ type: 'view', peer: peer.id, publication, tracks: outgoingTracks() });
    await eventually(
      'both viewers',
      () => rig.reportOf(peer)?.role === 'viewer' && rig.reportOf(other) !== undefined,
    );
    publisher.frame('key');
    await eventually('the keyframe', () => framesOf(peer).length === 1);
    leg.socket.pause();
    // The kernel's buffers on loopback take some megabytes before anybody notices.
    let sent = 1;
    while ((rig.report()?.tcp?.framesDropped ?? 0) === 0 && sent < 60_000) {
      for (let i = 0; i < 40; i++, sent++) large(publisher);
      await eventually('the other viewer has it', () => other.rtp.length >= sent);
    }
    expect(rig.report()?.tcp?.framesDropped).toBeGreaterThan(0);
    // From here on nothing more is kept for it, whatever comes.
    await settled(rig);
    const before = rig.report()?.tcp;
    for (let i = 0; i < 50; i++) {
      for (let k = 0; k < 40; k++, sent++) large(publisher);
      await eventually('the other viewer has it', () => other.rtp.length >= sent);
    }
    await settled(rig);
    const after = rig.report()?.tcp;
    expect((after?.framesDropped ?? 0) - (before?.framesDropped ?? 0)).toBeGreaterThanOrEqual(1_990);
    expect((after?.bytesOut ?? 0) - (before?.bytesOut ?? 0)).toBeLessThan(16_384);
    expect(rig.report()?.counters.dropped['tcp-backlog']).toBe(rig.report()?.tcp?.framesDropped);
    expect(other.rtp.length).toBe(sent);
    // Answers to checks are not left out: the session is there again once it reads.
    leg.socket.resume();
    await peer.check();
    expect(rig.report()?.tcp?.refused).toEqual({});
  });

  it('is opened again when its thread dies, and sessions over UDP go on', async () => {
    const threads: Worker[] = [];
    const note = (worker: Worker): void => void threads.push(worker);
    process.on('worker', note);
    const rig = await openTcpRig({}, { inline: false });
    process.off('worker', note);
    const publication = openPublication(rig.plane);
    const seat = { publication, role: 'viewer' } as const;
    const overUdp = own(await TestPeer.join(rig.plane, undefined, seat));
    const before = await joinOverTcp(rig, seat);
    await threads.at(-1)?.terminate();
    await eventually('the connection is gone', () => before.leg.isClosed);
    await overUdp.check();
    // The relay that is opened again knows the sessions that there are, and their restarts.
    const next = own(await reconnected(rig.tcpPort));
    before.peer.planePort = next.port;
    await before.peer.check();
    await eventually('its new address', () => rig.reportOf(before.peer)?.address === next.address);
    expect(rig.reportOf(overUdp)).toMatchObject({ transport: 'udp' });
  });
});

/** Connects as soon as somebody listens there again. */
async function reconnected(tcpPort: number): Promise<TcpLeg> {
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    try {
      return await TcpLeg.open(tcpPort);
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function keyframeRequests(publisher: TestPeer): number {
  const asked: number[] = [];
  readRtcp(publisher, { pli: (ssrc) => asked.push(ssrc), fir: (ssrc) => asked.push(ssrc) });
  return asked.length;
}

/** PLI (RFC 4585 section 6.3.1) behind an empty receiver report. */
function pictureLoss(ssrc: number): Buffer {
  const compound = Buffer.alloc(20);
  compound.writeUInt32BE(0x80c90001, 0);
  compound.writeUInt32BE(0x81ce0002, 8);
  compound.writeUInt32BE(ssrc, 16);
  return compound;
}

/** A frame of one full packet. */
function large(publisher: TestPublisher): void {
  const fields = { payloadType: 96, marker: true, ssrc: publisherSsrc.video };
  const { sequence, timestamp } = publisher;
  publisher.peer.sendRtp({ ...fields, sequence, timestamp }, vp8('delta', 1_100));
  publisher.sequence = (sequence + 1) & 0xffff;
  publisher.timestamp += 3_000;
}
