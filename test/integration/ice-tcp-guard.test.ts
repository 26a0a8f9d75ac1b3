import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import { openMediaPlane } from '#src/media/worker-plane.ts';
import { bindingRequest, eventually, TestPeer } from './media-kit.ts';
import { framed, TcpLeg } from './tcp-leg.ts';
import { closeAll, joinOverTcp, openTcpRig, own, type Rig } from './tcp-rig.ts';

afterEach(closeAll);

/** A connection that says what it likes. */
async function stranger({ tcpPort }: Rig): Promise<Socket & { heard: number }> {
  const socket = Object.assign(connect(tcpPort, '127.0.0.1'), { heard: 0 });
  own({
    [Symbol.asyncDispose]: () => {
      socket.destroy();
      return Promise.resolve();
    },
  });
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => void (socket.heard += bytes.length));
  await once(socket, 'connect');
  return socket;
}

describe('the TCP port', () => {
  it.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'oversize'],
    ['a frame that is no check', framed(Buffer.alloc(40, 7)), 'unauthenticated'],
    ['a check for nobody', framed(bindingRequest('nobody:theirs', 'x')), 'unauthenticated'],
  ])('cuts %s off without a word', async (_, bytes, reason) => {
    const rig = await openTcpRig({ unknownMs: 100 });
    const socket = await stranger(rig);
    socket.write(bytes);
    await once(socket, 'close');
    expect(socket.heard).toBe(0);
    await eventually('the refusal', () => rig.report()?.tcp?.refused[reason] === 1);
    expect(rig.report()?.counters.dropped['tcp-refused']).toBe(1);
    expect(rig.report()?.counters.datagramsIn).toBe(0);
  });

  it('cuts off who names a session and does not know its password', async () => {
    const rig = await openTcpRig();
    const peer = own(await TestPeer.open(rig.plane));
    const socket = await stranger(rig);
    socket.write(framed(bindingRequest(`${peer.local.ufrag}:theirs`, 'a guess')));
    await once(socket, 'close');
    expect(socket.heard).toBe(0);
    await eventually('a report', () => rig.report()?.tcp !== undefined);
    expect(rig.report()?.counters.datagramsIn).toBe(0);
  });

  it('lets nobody who was let in for one session try another', async () => {
    const rig = await openTcpRig();
    const { peer, leg } = await joinOverTcp(rig);
    const other = own(await TestPeer.open(rig.plane));
    leg.send(bindingRequest(`${other.local.ufrag}:theirs`, other.local.password));
    await peer.check();
    await eventually('a report', () => rig.reportOf(peer) !== undefined);
    expect(rig.reportOf(other)?.address).toBe('');
    expect(rig.report()?.counters.dropped['stun-unauthenticated']).toBeUndefined();
  });

  it('does not wait for ever for a first frame, nor on a silent connection', async () => {
    const rig = await openTcpRig({ firstFrameMs: 200, idleMs: 1_500 });
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
    const rig = await openTcpRig({ connections: 6, strangersPerAddress: 2, connectionsPerPeer: 2 });
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
    const rig = await openTcpRig();
    const { peer, leg } = await joinOverTcp(rig);
    const farewell = Buffer.from([21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0]);
    rig.plane.send({ type: 'dtls-out', peer: peer.id, datagram: farewell });
    rig.plane.send({ type: 'remove-peer', peer: peer.id });
    await eventually('the connection is closed', () => leg.isClosed);
    expect(peer.dtls).toEqual([farewell]);
  });

  it('keeps an address that got media from others for a while', async () => {
    const rig = await openTcpRig({ lingerMs: 6_000 });
    const { peer, leg } = await joinOverTcp(rig);
    rig.plane.send({ type: 'dtls-out', peer: peer.id, datagram: Buffer.from([22, 254, 253, 0]) });
    await eventually('DTLS', () => peer.dtls.length === 1);
    const { address } = leg;
    leg.socket.destroy();
    await eventually('the connection is gone', () => rig.report()?.tcp?.connections === 0);
    expect(rig.reportOf(peer)?.address).toBe(address);
    await eventually('the address is free', () => rig.reportOf(peer)?.address !== address);
  });

  it('can be left out', async () => {
    const off = { port: 0, address: '127.0.0.1', inline: true, tcp: { port: 'off' } } as const;
    const plane = own(await openMediaPlane(off, silentLog));
    expect(plane.tcpPort).toBeUndefined();
    const socket = connect(plane.port, '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('says which setting to change when the port is taken', async () => {
    const rig = await openTcpRig();
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
