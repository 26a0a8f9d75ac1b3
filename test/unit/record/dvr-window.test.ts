import { describe, expect, test } from 'vitest';
import type { SegmentSpool } from '#src/core/record.ts';
import { hlsConfig } from '#src/hls/config.ts';
import { timingOf } from '#src/hls/timing.ts';
import { MediaWindow } from '#src/hls/window.ts';

/** Memory for 6 s of media. */
const timing = timingOf(
  250,
  hlsConfig.parse({ segmentTargetMs: 1_000, targetDurationMs: 1_000, windowSegments: 6 }),
);
const partBytes = 10;

class MemorySpool implements SegmentSpool {
  readonly windowMs = 20_000;
  readonly kept = new Map<string, Uint8Array>();
  answer: 'kept' | 'pending' | 'lost' = 'kept';
  full = false;

  put(name: string, chunks: readonly Uint8Array[]): void {
    if (this.answer === 'kept') this.kept.set(name, Buffer.concat(chunks));
  }
  state(name: string): 'kept' | 'pending' | 'lost' {
    return this.kept.has(name) ? 'kept' : this.answer;
  }
  read(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.kept.get(name));
  }
  remove(name: string): void {
    this.kept.delete(name);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

class Filled {
  readonly spool = new MemorySpool();
  readonly window: MediaWindow;
  #next = 0;

  constructor(limitBytes = 1e9) {
    this.window = new MediaWindow(timing, limitBytes, { spool: this.spool });
  }

  fill(segments: number): void {
    for (const end = this.#next + segments; this.#next < end; this.#next++) {
      const startMs = this.#next * 1_000;
      const facts = { run: 1, discontinuity: false, mapName: 'init', startWallMs: startMs };
      this.window.begin({ ...facts, name: `s${this.#next}`, startMs, independent: true, gap: false });
      for (let part = 0; part < 4; part++) {
        const bytes = new Uint8Array(partBytes).fill(this.#next);
        const name = `p${this.#next}.${part}`;
        this.window.addPart(
          { name, listedMs: 250, independent: part === 0, bytes },
          startMs + (part + 1) * 250,
        );
      }
    }
  }

  get names(): readonly string[] {
    return this.window.segments.map(({ name }) => name);
  }
}

describe('a window with a spool', () => {
  test('lists as much as the spool shall hold, and keeps in memory what it kept before', async () => {
    const filled = new Filled();
    filled.fill(100);
    expect(filled.names).toHaveLength(20);
    expect(filled.window.bytes).toBeLessThanOrEqual(8 * 4 * partBytes);
    const [oldest] = filled.window.segments;
    expect(filled.window.segment(oldest?.name ?? '')?.parts).toEqual([]);
    expect(await filled.window.fromSpool(oldest?.name ?? '')).toEqual(Buffer.alloc(40, 80));
    expect(filled.window.segments.at(-5)?.parts).toHaveLength(4);
  });

  test('keeps what left the playlist fetchable for as long again, and then removes it', () => {
    const filled = new Filled();
    filled.fill(200);
    expect(filled.spool.kept.size).toBeGreaterThan(2 * 20);
    expect(filled.spool.kept.size).toBeLessThan(2 * 20 + 8);
    expect(filled.window.segment('s165')).toBeDefined();
    expect(filled.window.segment('s150')).toBeUndefined();
  });

  test('answers reloads of positions whose parts have left memory', () => {
    const filled = new Filled();
    filled.fill(30);
    const [oldest] = filled.window.segments;
    expect(filled.window.reached({ msn: oldest?.msn ?? 0, part: 0 })).toBe(true);
    expect(filled.window.reached({ msn: (oldest?.msn ?? 0) + 3, part: 9 })).toBe(true);
  });

  test('is as short as memory while the disk takes nothing, without a hole, and grows again', () => {
    const filled = new Filled();
    filled.fill(30);
    filled.spool.answer = 'lost';
    filled.fill(10);
    const count = filled.names.length;
    expect(count).toBeLessThanOrEqual(7);
    expect(count).toBeGreaterThanOrEqual(6);
    filled.spool.answer = 'kept';
    filled.fill(12);
    expect(filled.names.length).toBeGreaterThan(10);
    const msns = filled.window.segments.map(({ msn }) => msn);
    expect(msns).toEqual(msns.map((_, index) => (msns[0] ?? 0) + index));
  });

  test('waits for a slow disk, but not beyond the limit of memory', () => {
    const filled = new Filled(50 * 4 * partBytes);
    filled.spool.answer = 'pending';
    filled.fill(30);
    expect(filled.names.length).toBeGreaterThanOrEqual(20);
    filled.fill(200);
    expect(filled.window.bytes).toBeLessThanOrEqual(51 * 4 * partBytes);
  });

  test('lets the oldest go early when the spool is full', () => {
    const filled = new Filled();
    filled.fill(30);
    filled.spool.full = true;
    filled.fill(1);
    expect(filled.names.length).toBeLessThan(9);
    expect(filled.spool.kept.size).toBeLessThan(9);
  });
});
