import { RtpHeader } from 'werift';
import { expect, it } from 'vitest';
import type { SrtpKeys, SrtpProfile } from '#src/core/plane.ts';
import { plainPacket, rewriteOf, send, ssrc } from './engine-packets.ts';
import { extensionBlock, keysOf, mirrored, Sink, weriftRtp, type Rig } from './engine-kit.ts';

/** What every engine makes of protected RTP packets, good and bad. */
export function unprotectStories(profile: SrtpProfile, rig: () => Rig): void {
  const keys = keysOf(profile);
  const payloadOf = (i: number): Buffer => Buffer.alloc(20 + (i % 50), i);

  it('reads what another implementation wrote, over two rollovers, in place', () => {
    const { engine, sink } = rig();
    const peer = engine.addPeer(keys, sink.address);
    const sender = weriftRtp(mirrored(keys));
    for (let i = 0; i < 60; i++) {
      const sequence = (64_000 + i * 2_407) & 0xffff;
      const plain = plainPacket(rewriteOf(peer, { sequence, timestamp: i }), {
        marker: false,
        payload: payloadOf(i),
        extensions: i % 2 === 0 ? extensionBlock : Buffer.alloc(0),
      });
      const datagram = sender.encrypt(sequence, payloadOf(i), RtpHeader.deSerialize(plain));
      expect(engine.unprotectRtp(peer, datagram)).toBe(plain.length);
      expect(datagram.subarray(0, plain.length)).toEqual(plain);
    }
  });

  it('survives a loss of 225 packets across the wrap', async () => {
    const { engine, sink } = rig();
    const receiver = engine.addPeer(keys, sink.address);
    const protect = await sealer(rig(), mirrored(keys));
    for (let index = 65_300; index <= 65_420; index++) {
      expect(engine.unprotectRtp(receiver, await protect(index))).toBeTypeOf('number');
    }
    const gap: Buffer[] = [];
    for (let index = 65_421; index < 65_646; index++) gap.push(await protect(index & 0xffff));
    for (let index = 65_646; index < 65_660; index++) {
      expect(engine.unprotectRtp(receiver, await protect(index & 0xffff))).toBeTypeOf('number');
    }
    // And those that were only late are still welcome, on both sides of the wrap.
    for (const datagram of gap) expect(engine.unprotectRtp(receiver, datagram)).toBeTypeOf('number');
  });

  it('takes up a stream whose packets before its first rollover were all lost', async () => {
    const { engine, sink } = rig();
    const receiver = engine.addPeer(keys, sink.address);
    const protect = await sealer(rig(), mirrored(keys));
    const lost = [await protect(65_533), await protect(65_534), await protect(65_535)];
    for (const sequence of [0, 1, 2]) {
      expect(engine.unprotectRtp(receiver, await protect(sequence))).toBeTypeOf('number');
    }
    for (const late of lost) expect(engine.unprotectRtp(receiver, late)).toBeTypeOf('number');
  });

  it('takes it up also when its reports came first', async () => {
    const { engine, sink } = rig();
    const receiver = engine.addPeer(keys, sink.address);
    const wire = await Sink.open();
    const report = Buffer.from('80c9000100000000', 'hex');
    report.writeUInt32BE(ssrc, 4);
    engine.sendRtcp(engine.addPeer(mirrored(keys), wire.address), report);
    expect(engine.unprotectRtcp(receiver, (await wire.take(1))[0]!)).toBe(report.length);
    const protect = await sealer(rig(), mirrored(keys));
    await protect(65_535);
    for (const sequence of [0, 1]) {
      expect(engine.unprotectRtp(receiver, await protect(sequence))).toBeTypeOf('number');
    }
  });

  it('refuses a replay, a packet older than its window, and does so per SSRC', async () => {
    const { engine, sink } = rig();
    const receiver = engine.addPeer(keys, sink.address);
    const protect = await sealer(rig(), mirrored(keys));
    const old = await protect(100);
    const replayed = Buffer.from(await protect(5_000));
    expect(engine.unprotectRtp(receiver, Buffer.from(replayed))).toBeTypeOf('number');
    expect(engine.unprotectRtp(receiver, Buffer.from(replayed))).toBe('srtp-replay');
    expect(engine.unprotectRtp(receiver, old)).toBe('srtp-replay');
    expect(engine.unprotectRtp(receiver, await protect(100, 0x777))).toBeTypeOf('number');
  });

  it('refuses a wrong tag, changed bytes, foreign keys and junk, and is none the worse', async () => {
    const { engine, sink } = rig();
    const receiver = engine.addPeer(keys, sink.address);
    const protect = await sealer(rig(), mirrored(keys));
    const good = await protect(7);
    for (const at of [1, 3, 9, 13, good.length - 1]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 0x40;
      expect(engine.unprotectRtp(receiver, bad)).toBe('srtp-auth');
    }
    const foreign = await sealer(rig(), keysOf(profile, 99));
    expect(engine.unprotectRtp(receiver, await foreign(8))).toBe('srtp-auth');
    expect(engine.unprotectRtp(receiver, Buffer.from([0x80, 96, 0]))).toBe('malformed');
    expect(engine.unprotectRtp(receiver, Buffer.from([0x9f, ...new Array<number>(11).fill(0)]))).toBe(
      'malformed',
    );
    expect(engine.unprotectRtp(receiver, Buffer.alloc(12, 0x80))).toBe('srtp-auth');
    expect(engine.unprotectRtp(receiver, good)).toBeTypeOf('number');
  });

  it('keeps state for a bounded number of SSRCs only', async () => {
    const { engine, sink } = rig();
    const receiver = engine.addPeer(keys, sink.address);
    let answers = new Set<unknown>();
    for (let i = 1; i <= 80; i++) {
      // Each SSRC from a fresh sender: the engine bounds its outgoing SSRCs too.
      const protect = await sealer(rig(), mirrored(keys));
      const result = engine.unprotectRtp(receiver, await protect(1, i));
      answers = answers.add(typeof result === 'number' ? 'read' : result);
    }
    expect(answers).toEqual(new Set(['read', 'ssrc-limit']));
  });
}

/** Protects packets with an engine peer that holds `keys`, and catches them on the wire. */
async function sealer(
  rig: Rig,
  keys: SrtpKeys,
): Promise<(sequence: number, from?: number) => Promise<Buffer>> {
  const wire = await Sink.open();
  const peer = rig.engine.addPeer(keys, wire.address);
  return async (sequence, from = ssrc) => {
    const rewrite = rewriteOf(peer, { sequence, timestamp: 9, ssrc: from });
    send(rig.engine, { payload: Buffer.from('sealed') }, [rewrite]);
    return (await wire.take(1))[0]!;
  };
}
