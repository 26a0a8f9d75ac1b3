import { expect, test } from 'vitest';
import type { EnginePeer, MediaEngine, SocketAddress } from '#src/core/engine.ts';
import type { PeerId } from '#src/core/ids.ts';
import type { PlaneEvent, SrtpKeys } from '#src/core/plane.ts';
import { Drops } from '#src/media/drops.ts';
import { type TransportCommand, Transports } from '#src/media/transports.ts';
import { bindingRequest } from '#test/integration/media-kit.ts';

const peer = 7 as PeerId;
const local = { ufrag: 'AAAA', password: 'the password of this peer' };
const keys = { profile: 'aead-aes-128-gcm' } as SrtpKeys;
const home: SocketAddress = { ip: '192.0.2.1', port: 5_000, family: 4 };
const away: SocketAddress = { ip: '198.51.100.9', port: 6_000, family: 4 };

/** Transports whose engine writes down what it is told, and whose time is the test's. */
class Rig {
  nowMs = 100_000;
  readonly told: string[] = [];
  readonly events: PlaneEvent[] = [];
  readonly transports: Transports;

  constructor(silenceTimeoutMs = 30_000) {
    const engine = {
      addPeer: (_: SrtpKeys, { ip }: SocketAddress) => {
        this.told.push(`add ${ip}`);
        return 1 as EnginePeer;
      },
      setAddress: (_: EnginePeer, { ip }: SocketAddress) => void this.told.push(`move ${ip}`),
      removePeer: () => void this.told.push('remove'),
      sendRaw: ({ ip }: SocketAddress, bytes: Uint8Array) =>
        void this.told.push(`send ${ip} ${bytes.length}`),
    } as unknown as MediaEngine;
    const clock = { nowMs: () => this.nowMs, wallMs: () => this.nowMs };
    const emit = (event: PlaneEvent): void => void this.events.push(event);
    this.transports = new Transports({ engine, drops: new Drops(), clock, emit, silenceTimeoutMs });
    this.apply({ type: 'add-peer', peer, local, remote: local });
  }

  apply(command: TransportCommand): void {
    this.transports.apply(command);
  }

  /** An authentic check arrives; its answer is not written down. */
  check({ ip, port }: SocketAddress): void {
    const before = this.told.length;
    const datagram = bindingRequest(`${local.ufrag}:x`, local.password);
    this.transports.mux.receive(datagram, { ip, port, peer: undefined }, this.nowMs);
    const answer = this.told.slice(before).findIndex((line) => line.startsWith('send'));
    if (answer >= 0) this.told.splice(before + answer, 1);
  }

  afterMs(ms: number): readonly PlaneEvent[] {
    this.nowMs += ms;
    this.transports.tick(this.nowMs);
    return this.events.splice(0);
  }
}

test.each(['keys', 'address'])(
  'the engine gets a peer when its keys and address are known, %s first',
  (first) => {
    const rig = new Rig();
    if (first === 'keys') rig.apply({ type: 'secure', peer, keys });
    else rig.check(home);
    expect(rig.told).toEqual([]);
    if (first === 'keys') rig.check(home);
    else rig.apply({ type: 'secure', peer, keys });
    expect(rig.told).toEqual(['add 192.0.2.1']);
    expect(rig.events).toMatchObject([{ type: 'ice-connected', peer, address: '192.0.2.1:5000' }]);
  },
);

test('keys are taken once, before the address is known and after', () => {
  const rig = new Rig();
  rig.apply({ type: 'secure', peer, keys });
  rig.apply({ type: 'secure', peer, keys });
  rig.check(home);
  rig.apply({ type: 'secure', peer, keys });
  expect(rig.told).toEqual(['add 192.0.2.1']);
});

test('media follows a peer that moves, and it is announced once', () => {
  const rig = new Rig();
  rig.apply({ type: 'secure', peer, keys });
  rig.check(home);
  rig.check(home);
  rig.check(away);
  expect(rig.told).toEqual(['add 192.0.2.1', 'move 198.51.100.9']);
  expect(rig.events).toHaveLength(1);
});

test('DTLS goes out to where the peer is, and nowhere before that is known', () => {
  const rig = new Rig();
  const datagram = new Uint8Array(13);
  rig.apply({ type: 'dtls-out', peer, datagram });
  expect(rig.told).toEqual([]);
  rig.check(home);
  rig.apply({ type: 'dtls-out', peer, datagram });
  expect(rig.told).toEqual(['send 192.0.2.1 13']);
});

test('who never comes is given up after ten seconds, who falls silent after the time-out', () => {
  const never = new Rig();
  expect(never.afterMs(10_000)).toEqual([]);
  expect(never.afterMs(1)).toEqual([{ type: 'peer-gone', peer, reason: 'never-came' }]);
  expect([...never.transports.peers]).toEqual([]);
  const silent = new Rig();
  silent.apply({ type: 'secure', peer, keys });
  silent.check(home);
  expect(silent.afterMs(30_000)).toMatchObject([{ type: 'ice-connected' }]);
  silent.check(home);
  expect(silent.afterMs(30_000)).toEqual([]);
  expect(silent.afterMs(1)).toEqual([{ type: 'peer-gone', peer, reason: 'silent' }]);
  expect(silent.told.at(-1)).toBe('remove');
  const impatient = new Rig(3_000);
  expect(impatient.afterMs(3_001)).toEqual([{ type: 'peer-gone', peer, reason: 'never-came' }]);
});

test('a peer that leaves ends what it did, and is not known at its address any more', () => {
  const rig = new Rig();
  rig.apply({ type: 'secure', peer, keys });
  rig.check(home);
  const ended: string[] = [];
  const known = rig.transports.find(peer);
  if (known === undefined) throw new Error('it was added');
  known.role = {
    kind: 'viewer',
    secured: () => undefined,
    rtp: () => undefined,
    rtcp: () => undefined,
    close: () => void ended.push('closed'),
  };
  rig.apply({ type: 'remove-peer', peer });
  rig.apply({ type: 'remove-peer', peer });
  expect([ended, rig.told]).toEqual([['closed'], ['add 192.0.2.1', 'remove']]);
  rig.check(home);
  expect(rig.transports.find(peer)).toBeUndefined();
});

test('commands for who is not there change nothing, and nobody is added twice', () => {
  const rig = new Rig();
  const before = rig.transports.find(peer);
  rig.apply({ type: 'add-peer', peer, local, remote: local });
  expect(rig.transports.find(peer)).toBe(before);
  const stranger = 8 as PeerId;
  rig.apply({ type: 'secure', peer: stranger, keys });
  rig.apply({ type: 'restart-ice', peer: stranger, local, remote: local });
  rig.apply({ type: 'dtls-out', peer: stranger, datagram: new Uint8Array(1) });
  expect(rig.told).toEqual([]);
});
