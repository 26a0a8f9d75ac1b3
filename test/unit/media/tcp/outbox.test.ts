import { describe, expect, test } from 'vitest';
import type { Clock } from '#src/core/clock.ts';
import { FrameReader } from '#src/media/tcp/framing.ts';
import { BatchPool, Outbox, type OutboxSink } from '#src/media/tcp/outbox.ts';

const limits = { steadyBytes: 1_000, patienceMs: 500, burstBytes: 5_000, cutBytes: 10_000 };
const packet = Buffer.alloc(98, 0x80);

/** A socket whose reader takes what it is told to take. */
class Sink implements OutboxSink {
  writableLength = 0;
  takesAll = true;
  readonly written: Buffer[] = [];

  write(bytes: Uint8Array): boolean {
    this.written.push(Buffer.from(bytes));
    if (!this.takesAll) this.writableLength += bytes.length;
    return this.takesAll;
  }

  get frames(): number[] {
    const lengths: number[] = [];
    const reader = new FrameReader(65_535);
    for (const bytes of this.written) reader.read(bytes, (frame) => lengths.push(frame.length) > 0);
    return lengths;
  }
}

function open(): { outbox: Outbox; sink: Sink; clock: Clock & { now: number }; pool: BatchPool } {
  const sink = new Sink();
  const clock = { now: 0, nowMs: () => clock.now, wallMs: () => clock.now };
  const pool = new BatchPool();
  return { outbox: new Outbox(sink, { limits, pool, clock }), sink, clock, pool };
}

describe('an outbox', () => {
  test('writes the frames of a turn in one piece, in order', () => {
    const { outbox, sink } = open();
    for (const length of [1, 2, 3]) expect(outbox.put(packet.subarray(0, length), true)).toBe(true);
    expect(sink.written).toHaveLength(0);
    expect(outbox.holds()).toBe(true);
    outbox.flush();
    expect(outbox.holds()).toBe(false);
    expect(sink.written).toHaveLength(1);
    expect(sink.frames).toEqual([1, 2, 3]);
  });

  test('a turn of more than one batch loses nothing', () => {
    const { outbox, sink } = open();
    for (let i = 0; i < 1_000; i++) outbox.put(packet, true);
    outbox.flush();
    expect(sink.frames).toEqual(Array.from({ length: 1_000 }, () => packet.length));
    expect(Math.max(...sink.written.map(({ length }) => length))).toBeLessThanOrEqual(32_768);
  });

  test('uses a batch again once the kernel took it, and not before', () => {
    const { outbox, sink, pool } = open();
    outbox.put(packet, true);
    outbox.flush();
    const spare = pool.take();
    pool.giveBack(spare);
    expect(pool.take()).toBe(spare);
    pool.giveBack(spare);
    sink.takesAll = false;
    outbox.put(packet, true);
    outbox.flush();
    expect(pool.take()).not.toBe(spare);
  });

  test('lets a burst through, and leaves media out beyond it', () => {
    const { outbox, sink } = open();
    sink.takesAll = false;
    let taken = 0;
    while (outbox.put(packet, true) && taken < 1_000) {
      outbox.flush();
      taken++;
    }
    expect(taken).toBe(51);
    expect(outbox.put(packet, false)).toBe(true);
  });

  test('leaves media out earlier when the connection was never empty for a while', () => {
    const { outbox, sink, clock } = open();
    sink.takesAll = false;
    for (let i = 0; i < 12; i++) {
      outbox.put(packet, true);
      outbox.flush();
    }
    expect(outbox.put(packet, true)).toBe(true);
    outbox.flush();
    clock.now = 501;
    expect(outbox.put(packet, true)).toBe(false);
    sink.writableLength = 900;
    expect(outbox.put(packet, true)).toBe(true);
    sink.writableLength = 0;
    expect(outbox.put(packet, true)).toBe(true);
    outbox.flush();
    sink.writableLength = 1_200;
    expect(outbox.put(packet, true)).toBe(true);
    clock.now = 1_100;
    expect(outbox.put(packet, true)).toBe(false);
  });

  test('says when not even answers to checks drain', () => {
    const { outbox, sink } = open();
    sink.writableLength = 9_900;
    expect(outbox.isStuck).toBe(false);
    expect(outbox.put(packet, false)).toBe(true);
    expect(outbox.put(packet, false)).toBe(true);
    expect(outbox.isStuck).toBe(true);
  });
});
