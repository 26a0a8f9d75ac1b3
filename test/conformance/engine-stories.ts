import { RtpHeader, RtpPacket } from 'werift';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RewriteTable, type DatagramIntake, type MediaEngine } from '#src/core/engine.ts';
import type { SrtpProfile } from '#src/core/plane.ts';
import { plainPacket, rewriteOf, send, ssrc } from './engine-packets.ts';
import {
  extensionBlock,
  keysOf,
  mirrored,
  Sink,
  until,
  weriftRtcp,
  weriftRtp,
  type Rig,
} from './engine-kit.ts';
import { unprotectStories } from './engine-unprotect-stories.ts';

/** Opens the engine under test on 127.0.0.1 and a port that the system chose. */
export type MakeEngine = (intake: DatagramIntake) => Promise<MediaEngine>;

const profiles: readonly SrtpProfile[] = ['aead-aes-128-gcm', 'aes-128-cm-hmac-sha1-80'];

/** The stories that every media engine must tell, whatever it is written in. */
export function describeEngine(name: string, make: MakeEngine): void {
  describe(`${name} engine`, () => {
    let sink: Sink;
    let engine: MediaEngine;
    const heard: { bytes: Buffer; ip: string; port: number }[] = [];

    beforeEach(async () => {
      heard.length = 0;
      sink = await Sink.open();
      engine = await make({
        datagram: (bytes, { ip, port }) => heard.push({ bytes: Buffer.from(bytes), ip, port }),
        error: (error) => {
          throw error;
        },
      });
    });
    afterEach(async () => {
      await engine[Symbol.asyncDispose]();
      Sink.closeAll();
    });

    it('hears datagrams with the plain address of their sender', async () => {
      sink.socket.send(Buffer.from([1, 2, 3]), engine.port, '127.0.0.1');
      await until(() => heard.length === 1);
      expect(heard[0]).toEqual({ bytes: Buffer.from([1, 2, 3]), ip: '127.0.0.1', port: sink.address.port });
    });

    it('sends raw datagrams as they are', async () => {
      engine.sendRaw(sink.address, Buffer.from('hello'));
      expect((await sink.take(1))[0]).toEqual(Buffer.from('hello'));
      expect(engine.counters).toMatchObject({ packetsOut: 1, bytesOut: 5, sendErrors: 0 });
    });

    it('counts what is too large for any path and does not send it', () => {
      engine.sendRaw(sink.address, Buffer.alloc(9_000));
      expect(engine.counters).toMatchObject({ packetsOut: 0, sendErrors: 1 });
    });

    it('closes twice without complaint', async () => {
      await engine[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    });

    for (const profile of profiles)
      describe(profile, () => profileStories(profile, () => ({ engine, sink })));
  });
}

function profileStories(profile: SrtpProfile, rig: () => Rig): void {
  protectStories(profile, rig);
  unprotectStories(profile, rig);
  rtcpStories(profile, rig);
}

function protectStories(profile: SrtpProfile, rig: () => Rig): void {
  const keys = keysOf(profile);

  for (const extensions of [Buffer.alloc(0), extensionBlock]) {
    const kind = extensions.length > 0 ? 'with extensions' : 'without extensions';
    it(`writes the bytes that another implementation writes, over two rollovers, ${kind}`, async () => {
      const { engine, sink } = rig();
      const peer = engine.addPeer(keys, sink.address);
      const other = weriftRtp(keys);
      // Two cycles of a sparse sequence: steps below 2^15 keep the index unambiguous.
      const sequences = Array.from({ length: 40 }, (_, i) => (65_000 + i * 3_401) & 0xffff);
      const expected: Buffer[] = [];
      for (const [i, sequence] of sequences.entries()) {
        const payload = Buffer.alloc(1 + ((i * 97) % 1_200), i);
        const rewrite = rewriteOf(peer, { sequence, timestamp: i * 3_000 });
        send(engine, { marker: i % 2 === 0, payload, extensions }, [rewrite]);
        const header = RtpHeader.deSerialize(
          plainPacket(rewrite, { marker: i % 2 === 0, payload, extensions }),
        );
        expected.push(other.encrypt(sequence, payload, header));
        expect((await sink.take(1))[0]).toEqual(expected[i]);
      }
    });
  }

  it('gives each viewer of one call its own header and its own keys', async () => {
    const { engine, sink } = rig();
    const viewers = [1, 2, 3].map((seed) => ({ seed, keys: keysOf(profile, seed) }));
    const rewrites = viewers.map((viewer) =>
      rewriteOf(engine.addPeer(viewer.keys, sink.address), {
        sequence: viewer.seed * 100,
        timestamp: viewer.seed * 1_000,
        ssrc: viewer.seed,
      }),
    );
    const payload = Buffer.from('the same payload for all');
    send(engine, { marker: true, payload, extensions: extensionBlock }, rewrites);
    const datagrams = await sink.take(3);
    for (const [i, viewer] of viewers.entries()) {
      const plain = RtpPacket.deSerialize(weriftRtp(viewer.keys).decrypt(datagrams[i]!));
      expect(plain.payload).toEqual(payload);
      expect(plain.header).toMatchObject({
        ssrc: viewer.seed,
        sequenceNumber: viewer.seed * 100,
        timestamp: viewer.seed * 1_000,
        marker: true,
        payloadType: 96,
      });
    }
  });

  it('gives each viewer its own transport-wide number and its own payload patch', async () => {
    const { engine, sink } = rig();
    const payload = Buffer.from('0123456789abcdef');
    const transportBlock = Buffer.from('bede000231aaaa10550000', 'hex');
    const extensions = Buffer.concat([transportBlock, Buffer.alloc(1)]);
    const copies = [1, 2].map((seed) => {
      const viewerKeys = keysOf(profile, seed);
      const peer = engine.addPeer(viewerKeys, sink.address);
      const fields = { transport: 0x1233 + seed, patch: 0x41424300 + (seed << 8) };
      return { viewerKeys, rewrite: { ...rewriteOf(peer, { sequence: 7, timestamp: 7 }), ...fields } };
    });
    const shared = { payload, extensions, transportAt: 5, patchAt: 2, patchBytes: 3 };
    send(
      engine,
      shared,
      copies.map(({ rewrite }) => rewrite),
    );
    expect(payload.toString()).toBe('0123456789abcdef');
    const datagrams = await sink.take(2);
    for (const [i, { viewerKeys }] of copies.entries()) {
      const plain = weriftRtp(viewerKeys).decrypt(datagrams[i]!);
      expect(plain.readUInt16BE(12 + 5)).toBe(0x1234 + i);
      expect(plain.subarray(12 + extensions.length).toString('latin1')).toBe(
        `01AB${String.fromCharCode(0x44 + i)}56789abcdef`,
      );
    }
  });

  it('sends the packets of one turn to each viewer in their order', async () => {
    const { engine, sink } = rig();
    const peer = engine.addPeer(keys, sink.address);
    const table = new RewriteTable();
    const sizes = [1_100, 1_100, 1_100, 300, 1_100, 80];
    for (const [i, bytes] of sizes.entries()) {
      table.clear();
      table.add(peer, ssrc, (96 << 16) | (10 + i), i);
      const shared = { extensions: Buffer.alloc(0), transportAt: 0, patchAt: 0, patchBytes: 0 };
      engine.fanout({ marker: i === 5, payload: Buffer.alloc(bytes, i), ...shared }, table);
    }
    const repair = { marker: false, payload: Buffer.from('rtx'), extensions: Buffer.alloc(0) };
    engine.sendRtp(
      peer,
      plainPacket({ ...rewriteOf(peer, { sequence: 900, timestamp: 1 }), ssrc: 5 }, repair),
    );
    engine.flush();
    const other = weriftRtp(keys);
    const heard = (await sink.take(7)).map((datagram) => RtpPacket.deSerialize(other.decrypt(datagram)));
    expect(heard.map(({ header }) => header.sequenceNumber)).toEqual([10, 11, 12, 13, 14, 15, 900]);
    expect(heard.map(({ payload }) => payload.length)).toEqual([...sizes, 3]);
  });

  it('protects an older packet of an earlier cycle with that cycle again', async () => {
    const { engine, sink } = rig();
    const peer = engine.addPeer(keys, sink.address);
    const first = rewriteOf(peer, { sequence: 65_535, timestamp: 1 });
    const payload = Buffer.from('before the wrap');
    send(engine, { payload }, [first]);
    send(engine, { payload }, [{ ...first, sequence: 0 }]);
    engine.sendRtp(peer, plainPacket(first, { marker: false, payload, extensions: Buffer.alloc(0) }));
    const [original, , again] = await sink.take(3);
    expect(again).toEqual(original);
  });

  it('follows a peer to another address and forgets it when told', async () => {
    const { engine, sink } = rig();
    const elsewhere = await Sink.open();
    const peer = engine.addPeer(keys, sink.address);
    engine.setAddress(peer, elsewhere.address);
    const packet = { payload: Buffer.from('x') };
    send(engine, packet, [rewriteOf(peer, { sequence: 1, timestamp: 1 })]);
    await elsewhere.take(1);
    engine.removePeer(peer);
    send(engine, packet, [rewriteOf(peer, { sequence: 2, timestamp: 1 })]);
    engine.sendRaw(elsewhere.address, Buffer.from('last'));
    expect((await elsewhere.take(1))[0]).toEqual(Buffer.from('last'));
  });
}

function rtcpStories(profile: SrtpProfile, rig: () => Rig): void {
  const keys = keysOf(profile);
  const report = Buffer.from('80c90001000012340000000000', 'hex').subarray(0, 8);

  it('writes RTCP that another implementation reads, with an index that counts up', async () => {
    const { engine, sink } = rig();
    const peer = engine.addPeer(keys, sink.address);
    const other = weriftRtcp(keys);
    for (let i = 0; i < 3; i++) engine.sendRtcp(peer, report);
    const datagrams = await sink.take(3);
    for (const datagram of datagrams) expect(other.decrypt(datagram)).toEqual(report);
    const indexAt = profile === 'aead-aes-128-gcm' ? 4 : 14;
    expect(
      datagrams.map((datagram) => datagram.readUInt32BE(datagram.length - indexAt) & 0x7fffffff),
    ).toEqual([1, 2, 3]);
  });

  it('reads RTCP of another implementation once and refuses replay, forgery and clear packets', () => {
    const { engine, sink } = rig();
    const peer = engine.addPeer(keys, sink.address);
    const datagram = weriftRtcp(mirrored(keys)).encrypt(report);
    const forged = Buffer.from(datagram);
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    const copy = Buffer.from(datagram);
    expect(engine.unprotectRtcp(peer, forged)).not.toBeTypeOf('number');
    expect(engine.unprotectRtcp(peer, datagram)).toBe(report.length);
    expect(datagram.subarray(0, report.length)).toEqual(report);
    expect(engine.unprotectRtcp(peer, copy)).toBe('srtp-replay');
    expect(engine.unprotectRtcp(peer, Buffer.from(report))).toBe('malformed');
    expect(engine.unprotectRtcp(peer, Buffer.concat([report, Buffer.alloc(40)]))).toBe('malformed');
  });
}
