import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import type { MediaPlane, PeerReport, PlaneReport } from '#src/core/plane.ts';
import type { RelayLimits } from '#src/media/tcp/limits.ts';
import { openMediaPlane } from '#src/media/worker-plane.ts';
import { bindingRequest, EventLog, eventually, TestPeer, vp8, type PeerSeat } from './media-kit.ts';
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
import { framed, TcpLeg } from './tcp-leg.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
function own<T extends AsyncDisposable>(one: T): T {
  opened.push(one);
  return one;
}

interface Rig {
  readonly plane: MediaPlane;
  readonly tcpPort: number;
  readonly events: EventLog;
  report(): PlaneReport | undefined;
  reportOf(peer: TestPeer): PeerReport | undefined;
}

async function open(
  limits: Partial<RelayLimits> = {},
  { inline = true, workers = 1 }: { readonly inline?: boolean; readonly workers?: number } = {},
): Promise<Rig> {
  const tcp = { port: 'same', limits } as const;
  const prices = { homeCost: 0, mirrorCost: 0 };
  const plane = own(
    await openMediaPlane({ port: 0, address: '127.0.0.1', inline, workers, tcp, prices }, silentLog),
  );
  const events = new EventLog(plane);
  const { tcpPort } = plane;
  if (tcpPort === undefined) throw new Error('there is no TCP port');
  const report = (): PlaneReport | undefined => events.of('report').at(-1)?.report;
  const reportOf = ({ id }: TestPeer): PeerReport | undefined =>
    report()?.peers.find(({ peer }) => peer === id);
  return { plane, tcpPort, events, report, reportOf };
}

/** A peer that reaches the plane over TCP alone. */
async function joinOverTcp(
  { plane, tcpPort }: Rig,
  seat?: PeerSeat,
): Promise<{ peer: TestPeer; leg: TcpLeg }> {
  const leg = own(await TcpLeg.open(tcpPort));
  const peer = own(await TestPeer.open(plane, undefined, seat));
  peer.planePort = leg.port;
  await peer.check();
  plane.send({ type: 'secure', peer: peer.id, keys: peer.keys });
  return { peer, leg };
}

/** A connection that says what it likes. */
async function stranger({ tcpPort }: Rig): Promise<Socket & { heard: number }> {
  const socket = Object.assign(connect(tcpPort, '127.0.0.1'), { heard: 0 });
  opened.push({ [Symbol.asyncDispose]: () => Promise.resolve(void socket.destroy()) });
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => void (socket.heard += bytes.length));
  await once(socket, 'connect');
  return socket;
}

describe.each([
  ['inline', { inline: true }],
  ['in threads', { inline: false, workers: 2 }],
])('a plane with a TCP port (%s)', (_, more) => {
  it('takes a publisher and serves viewers over TCP alone, in order, with feedback', async () => {
    const rig = await open({}, more);
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
    const rig = await open({}, more);
    const publication = openPublication(rig.plane);
    const { peer, leg } = await joinOverTcp(rig, { publication, role: 'viewer' });
    const answer = await peer.check();
    const port = answer.readUInt16BE(26) ^ 0x2112;
    expect(`127.0.0.1:${String(port)}`).toBe(leg.address);
    await eventually('the event', () => rig.events.of('ice-connected').length === 1);
  });

  it('goes on over a new connection after an ICE restart', async () => {
    const rig = await open({}, more);
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

describe('the TCP port', () => {
  it.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'oversize'],
    ['a frame that is no check', framed(Buffer.alloc(40, 7)), 'unauthenticated'],
    ['a check for nobody', framed(bindingRequest('nobody:theirs', 'x')), 'unauthenticated'],
  ])('cuts %s off without a word', async (_, bytes, reason) => {
    const rig = await open({ unknownMs: 100 });
    const socket = await stranger(rig);
    socket.write(bytes);
    await once(socket, 'close');
    expect(socket.heard).toBe(0);
    await eventually('the refusal', () => rig.report()?.tcp?.refused[reason] === 1);
    expect(rig.report()?.counters.dropped['tcp-refused']).toBe(1);
    expect(rig.report()?.counters.datagramsIn).toBe(0);
  });

  it('cuts off who names a session and does not know its password', async () => {
    const rig = await open();
    const peer = own(await TestPeer.open(rig.plane));
    const socket = await stranger(rig);
    socket.write(framed(bindingRequest(`${peer.local.ufrag}:theirs`, 'a guess')));
    await once(socket, 'close');
    expect(socket.heard).toBe(0);
    await eventually('a report', () => rig.report()?.tcp !== undefined);
    expect(rig.report()?.counters.datagramsIn).toBe(0);
  });

  it('lets nobody who was let in for one session try another', async () => {
    const rig = await open();
    const { peer, leg } = await joinOverTcp(rig);
    const other = own(await TestPeer.open(rig.plane));
    leg.send(bindingRequest(`${other.local.ufrag}:theirs`, other.local.password));
    await peer.check();
    await eventually('a report', () => rig.reportOf(peer) !== undefined);
    expect(rig.reportOf(other)?.address).toBe('');
    expect(rig.report()?.counters.dropped['stun-unauthenticated']).toBeUndefined();
  });

  it('does not wait for ever for a first frame, nor on a silent connection', async () => {
    const rig = await open({ firstFrameMs: 200, idleMs: 1_500 });
    const { leg } = await joinOverTcp(rig);
    const socket = await stranger(rig);
    await once(socket, 'close');
    await eventually('the idle one is closed', () => leg.isClosed);
    await eventually('both reasons', () => {
      const refused = rig.report()?.tcp?.refused;
      return refused?.['no-first-frame'] === 1 && refused['idle'] === 1;
    });
  });

  it('holds no more connections than it may, of all, of an address and of a peer', async () => {
    const rig = await open({ connections: 6, strangersPerAddress: 2, connectionsPerPeer: 2 });
    const { peer } = await joinOverTcp(rig);
    for (let i = 0; i < 3; i++) {
      const leg = own(await TcpLeg.open(rig.tcpPort));
      peer.planePort = leg.port;
      await peer.check();
    }
    await stranger(rig);
    await stranger(rig);
    const third = await stranger(rig);
    if (!third.closed) await once(third, 'close');
    await eventually('the refusals', () => {
      const refused = rig.report()?.tcp?.refused;
      return refused?.['full-address'] === 1 && refused['replaced'] === 2;
    });
    expect(rig.report()?.tcp?.connections).toBe(4);
  });

  it('closes the connections of a session that ended, behind its last words', async () => {
    const rig = await open();
    const { peer, leg } = await joinOverTcp(rig);
    const farewell = Buffer.from([21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0]);
    rig.plane.send({ type: 'dtls-out', peer: peer.id, datagram: farewell });
    rig.plane.send({ type: 'remove-peer', peer: peer.id });
    await eventually('the connection is closed', () => leg.isClosed);
    expect(peer.dtls).toEqual([farewell]);
  });

  it('leaves media out for a viewer that does not read, and disturbs nobody else', async () => {
    const backlog = { steadyBytes: 65_536, patienceMs: 200, burstBytes: 262_144, cutBytes: 4_194_304 };
    const rig = await open({ backlog });
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
    expect(rig.report()?.counters.dropped['tcp-backlog']).toBe(rig.report()?.tcp?.framesDropped);
    expect(other.rtp.length).toBe(sent);
    // Answers to checks are not left out: the session is there again once it reads.
    leg.socket.resume();
    await peer.check();
    expect(rig.report()?.tcp?.refused).toEqual({});
  });

  it('keeps an address that got media from others for a while', async () => {
    const rig = await open({ lingerMs: 3_000 });
    const { peer, leg } = await joinOverTcp(rig);
    rig.plane.send({ type: 'dtls-out', peer: peer.id, datagram: Buffer.from([22, 254, 253, 0]) });
    await eventually('DTLS', () => peer.dtls.length === 1);
    const { address } = leg;
    leg.socket.destroy();
    await eventually('the connection is gone', () => rig.report()?.tcp?.connections === 0);
    expect(rig.reportOf(peer)?.address).toBe(address);
    await eventually('the address is free', () => rig.reportOf(peer)?.address !== address);
  });

  it('says which setting to change when the port is taken', async () => {
    const rig = await open();
    const second = openMediaPlane(
      { port: 0, address: '127.0.0.1', inline: true, tcp: { port: rig.tcpPort } },
      silentLog,
    );
    await expect(second).rejects.toMatchObject({
      name: 'Failure',
      code: 'rtc-tcp-port-in-use',
      message: expect.stringContaining('FRONTROW_RTC__TCP_PORT') as unknown,
    });
  });
});

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
