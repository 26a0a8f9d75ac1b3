import { once } from 'node:events';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RewriteTable, type EnginePeer } from '#src/core/engine.ts';
import { NativeEngine } from '#src/media/engine/native.ts';
import { trustedAddon } from '#src/media/engine/select.ts';
import { keysOf, Sink, until, weriftRtp } from './engine-kit.ts';
import { rewriteOf, send } from './engine-packets.ts';

const options = { port: 0, address: '127.0.0.1', recvBufferBytes: 1 << 20, sendBufferBytes: 1 << 20 };
const keys = keysOf('aead-aes-128-gcm');
const plain = { marker: false, extensions: Buffer.alloc(0), transportAt: 0, patchAt: 0, patchBytes: 0 };

let engine: NativeEngine;
let sink: Sink;
let heard: (EnginePeer | undefined)[];
let onDatagram: () => void;

beforeEach(async () => {
  const addon = trustedAddon();
  if (typeof addon === 'string') throw new Error(addon);
  heard = [];
  onDatagram = () => undefined;
  sink = await Sink.open();
  engine = await NativeEngine.open(addon, options, {
    datagram: (_bytes, from) => {
      heard.push(from.peer);
      onDatagram();
    },
    error: (error) => {
      throw error;
    },
  });
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  Sink.closeAll();
});

async function hear(from: Sink, datagrams = 1): Promise<readonly (EnginePeer | undefined)[]> {
  heard.length = 0;
  for (let i = 0; i < datagrams; i++) from.socket.send('x', engine.port, '127.0.0.1');
  await until(() => heard.length === datagrams);
  return heard;
}

describe('whose datagram it is', () => {
  it('follows a peer to its new address and forgets it', async () => {
    const elsewhere = await Sink.open();
    expect(await hear(sink)).toEqual([undefined]);
    const peer = engine.addPeer(keys, sink.address);
    expect(await hear(sink)).toEqual([peer]);
    engine.setAddress(peer, elsewhere.address);
    expect(await hear(sink)).toEqual([undefined]);
    expect(await hear(elsewhere)).toEqual([peer]);
    engine.removePeer(peer);
    expect(await hear(elsewhere)).toEqual([undefined]);
  });

  it('is the newest peer of an address, also when an older one leaves', async () => {
    const older = engine.addPeer(keys, sink.address);
    const newer = engine.addPeer(keys, sink.address);
    engine.removePeer(older);
    expect(await hear(sink)).toEqual([newer]);
  });

  it('is told anew when peers change while a batch is being heard', async () => {
    const peer = engine.addPeer(keys, sink.address);
    onDatagram = () => {
      if (heard.length !== 1) return;
      engine.removePeer(peer);
      // The number is free again and goes to somebody at another address.
      expect(engine.addPeer(keys, { ...sink.address, port: 9 })).toBe(peer);
    };
    expect(await hear(sink, 3)).toEqual([peer, undefined, undefined]);
  });
});

describe('a batch', () => {
  const burst = (peer: EnginePeer, sizes: readonly number[]): void => {
    const table = new RewriteTable();
    for (const [i, bytes] of sizes.entries()) {
      table.clear();
      table.add(peer, 1, (96 << 16) | i, i);
      engine.fanout({ ...plain, payload: Buffer.alloc(bytes, i) }, table);
    }
  };

  it('is the same bytes with and without segmentation', async () => {
    const sizes = [900, 900, 900, 900, 400, 900, 1_500, 1_500, 20];
    const both: Buffer[][] = [];
    for (const on of [true, false]) {
      engine.segmentation = on;
      expect(engine.segmentation).toBe(on);
      const peer = engine.addPeer(keys, sink.address);
      burst(peer, sizes);
      engine.flush();
      both.push(await sink.take(sizes.length));
    }
    expect(both[0]?.map((datagram) => datagram.length)).toEqual(sizes.map((bytes) => bytes + 28));
    expect(both[1]).toEqual(both[0]);
  });

  it('waits for its flush, and goes before a peer that leaves', async () => {
    const peer = engine.addPeer(keys, sink.address);
    burst(peer, [10, 10]);
    expect(engine.counters.packetsOut).toBe(0);
    engine.removePeer(peer);
    expect(engine.counters.packetsOut).toBe(2);
    const next = engine.addPeer(keysOf('aead-aes-128-gcm', 1), sink.address);
    expect(next).toBe(peer);
    send(engine, { payload: Buffer.from('next') }, [rewriteOf(next, { sequence: 1, timestamp: 1 })]);
    const [first, , third] = await sink.take(3);
    expect(weriftRtp(keys).decrypt(first!)).toHaveLength(22);
    expect(weriftRtp(keysOf('aead-aes-128-gcm', 1)).decrypt(third!).subarray(12).toString()).toBe('next');
  });

  it('is bounded: more packets or rows than it holds are sent before the turn ends', () => {
    const peers = Array.from({ length: 100 }, () => engine.addPeer(keys, sink.address));
    const table = new RewriteTable();
    for (let i = 0; i < 300; i++) {
      table.clear();
      for (const peer of peers) table.add(peer, 1, (96 << 16) | i, i);
      engine.fanout({ ...plain, payload: Buffer.alloc(1) }, table);
    }
    expect(engine.counters.packetsOut).toBeGreaterThan(10_000);
    engine.flush();
    const { packetsOut, sendErrors } = engine.counters;
    expect(packetsOut + sendErrors).toBe(30_000);
  });
});

describe('what does not fit', () => {
  it('throws and sends nothing', () => {
    const peer = engine.addPeer(keys, sink.address);
    const table = new RewriteTable();
    table.add(peer, 1, 96 << 16, 1);
    const packet = { ...plain, payload: Buffer.alloc(4), extensions: Buffer.alloc(8) };
    for (const wrong of [
      { transportAt: 7 },
      { patchAt: 1, patchBytes: 4 },
      { patchBytes: 5 },
      { patchAt: 5 },
    ])
      expect(() => engine.fanout({ ...packet, ...wrong }, table)).toThrow(RangeError);
    table.count = 1_000;
    expect(() => engine.fanout(packet, table)).toThrow(RangeError);
    expect(() => engine.sendRtp(peer, Buffer.from('no packet'))).toThrow(RangeError);
    expect(() => engine.sendRtcp(peer, Buffer.alloc(7))).toThrow(RangeError);
    expect(() => engine.sendRtp(peer, 'text' as never)).toThrow(TypeError);
    expect(() => engine.addPeer({ ...keys, localSalt: Buffer.alloc(14) }, sink.address)).toThrow(RangeError);
    expect(() => engine.addPeer(keys, { ...sink.address, ip: 'nowhere' })).toThrow(RangeError);
    engine.flush();
    expect(engine.counters).toEqual({ packetsOut: 0, bytesOut: 0, sendErrors: 0 });
  });

  it('is passed over where a peer may have gone in the meantime', () => {
    for (const gone of [0, 1, 77, 0xffff_ffff].map((number) => number as EnginePeer)) {
      send(engine, { payload: Buffer.alloc(4) }, [rewriteOf(gone, { sequence: 1, timestamp: 1 })]);
      engine.sendRtp(gone, Buffer.alloc(20, 0x80));
      engine.sendRtcp(gone, Buffer.alloc(20, 0x80));
      engine.setAddress(gone, sink.address);
      engine.removePeer(gone);
      expect(engine.unprotectRtp(gone, Buffer.alloc(20, 0x80))).toBe('srtp-auth');
    }
    engine.sendRaw({ ip: 'nowhere', port: 9, family: 4 }, Buffer.alloc(4));
    expect(engine.counters).toEqual({ packetsOut: 0, bytesOut: 0, sendErrors: 1 });
  });

  it('is nothing at all once the engine is closed', async () => {
    const peer = engine.addPeer(keys, sink.address);
    await engine[Symbol.asyncDispose]();
    send(engine, { payload: Buffer.alloc(4) }, [rewriteOf(peer, { sequence: 1, timestamp: 1 })]);
    engine.sendRaw(sink.address, Buffer.alloc(4));
    expect(engine.counters).toEqual({ packetsOut: 0, bytesOut: 0, sendErrors: 0 });
  });
});

describe('threads', () => {
  const thread = async (what: string): Promise<{ worker: Worker; port: number }> => {
    const worker = new Worker(new URL('./engine-thread.ts', import.meta.url), { workerData: what });
    const [port] = (await once(worker, 'message')) as [number];
    return { worker, port };
  };

  it('each have their own engine, which ends with them however they end', async () => {
    const closing = await thread('close');
    const waiting = await thread('wait');
    for (const { worker, port } of [waiting, closing]) {
      const answered = once(worker, 'message');
      sink.socket.send('x', port, '127.0.0.1');
      expect(await answered).toEqual(['heard']);
    }
    // With its engine closed, nothing keeps the first alive; the second is ended with its socket open.
    if (closing.worker.threadId !== -1) await once(closing.worker, 'exit');
    await waiting.worker.terminate();
    for (const { port } of [waiting, closing]) {
      const addon = trustedAddon();
      if (typeof addon === 'string') throw new Error(addon);
      const again = await NativeEngine.open(
        addon,
        { ...options, port },
        { datagram: () => undefined, error: () => undefined },
      );
      await again[Symbol.asyncDispose]();
    }
  });

  it('come before ordinary ones where that is permitted', async () => {
    const worker = new Worker(new URL('./engine-thread.ts', import.meta.url), { workerData: 'priority' });
    const [[raised, niceness]] = (await once(worker, 'message')) as [[boolean, number]];
    expect(niceness).toBe(raised ? -10 : getPriority());
    expect(getPriority()).not.toBe(-10);
    await worker.terminate();
  });

  it('hear what their listener throws as an uncaught exception', async () => {
    const { worker, port } = await thread('throw');
    const failed = once(worker, 'error');
    sink.socket.send('x', port, '127.0.0.1');
    expect(String((await failed)[0])).toContain('thrown by the listener');
  });
});
