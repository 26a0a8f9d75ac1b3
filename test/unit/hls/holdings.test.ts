import { describe, expect, test } from 'vitest';
import { hlsConfig } from '#src/hls/config.ts';
import { Holdings } from '#src/hls/holdings.ts';
import { timingOf } from '#src/hls/timing.ts';
import { MemorySpool } from './memory-spool.ts';

/** Memory for 6 s of media. */
const timing = timingOf(
  250,
  hlsConfig.parse({ segmentTargetMs: 1_000, targetDurationMs: 1_000, windowSegments: 6 }),
);
const partBytes = 10;

/** Holdings of segments of one second in four parts. */
class Filled {
  readonly holdings: Holdings;
  #next = 0;

  constructor({ limitBytes = 1e9, spool }: { limitBytes?: number; spool?: MemorySpool } = {}) {
    this.holdings = new Holdings(timing, limitBytes, spool);
  }

  fill(segments: number): void {
    for (const end = this.#next + segments; this.#next < end; this.#next++) {
      const startMs = this.#next * 1_000;
      const facts = { run: 1, discontinuity: false, mapName: 'init', startWallMs: startMs };
      const start = { ...facts, name: `s${this.#next}`, startMs, independent: true, gap: false };
      const before = this.holdings.listed.at(-1);
      if (before) this.holdings.complete(before);
      const segment = this.holdings.list(start, this.#next + 1);
      for (let part = 0; part < 4; part++) {
        const bytes = new Uint8Array(partBytes).fill(this.#next);
        const made = { name: `p${this.#next}.${part}`, listedMs: 250, independent: part === 0, bytes };
        this.holdings.add(segment, made, startMs + (part + 1) * 250);
      }
    }
  }

  get names(): readonly string[] {
    return this.holdings.listed.map(({ name }) => name);
  }
}

describe('in memory', () => {
  test('a window is listed, and what left it can be fetched for a window and more', () => {
    const filled = new Filled();
    filled.fill(8);
    expect(filled.names).toEqual(['s2', 's3', 's4', 's5', 's6', 's7']);
    expect(filled.holdings.segment('s0')?.msn).toBe(1);
    expect(filled.holdings.part('p0.0')).toBeDefined();
    filled.fill(12);
    expect(filled.holdings.segment('s0')).toBeUndefined();
    expect(filled.holdings.part('p0.0')).toBeUndefined();
    expect(filled.names).toHaveLength(6);
  });

  test('bytes are bounded: what left goes first, then the oldest listed, never below three target durations', () => {
    const filled = new Filled({ limitBytes: 4 * 4 * partBytes });
    filled.fill(30);
    expect(filled.holdings.bytes).toBeLessThanOrEqual(5 * 4 * partBytes);
    expect(filled.names.length).toBeGreaterThanOrEqual(3);
    expect(filled.names.length).toBeLessThan(6);
    expect(filled.holdings.segment('s20')).toBeUndefined();
  });

  test('a segment that holds nothing takes its time of the window', () => {
    const filled = new Filled();
    filled.fill(6);
    const facts = { run: 1, discontinuity: false, mapName: 'init', startWallMs: 6_000, startMs: 6_000 };
    const gap = filled.holdings.list({ ...facts, name: 'gap', independent: false, gap: true }, 7);
    filled.holdings.extend(gap, 3_000);
    filled.holdings.complete(gap);
    filled.holdings.slide();
    expect(filled.names).toEqual(['s3', 's4', 's5', 'gap']);
  });
});

describe('with a spool', () => {
  test('as much is listed as the spool shall hold, and memory keeps what it kept before', async () => {
    const spool = new MemorySpool();
    const filled = new Filled({ spool });
    filled.fill(100);
    expect(filled.names).toHaveLength(20);
    expect(filled.holdings.bytes).toBeLessThanOrEqual(8 * 4 * partBytes);
    const [oldest] = filled.holdings.listed;
    expect(filled.holdings.segment(oldest?.name ?? '')?.parts).toEqual([]);
    expect(await filled.holdings.fromSpool(oldest?.name ?? '')).toEqual(Buffer.alloc(40, 80));
    expect(filled.holdings.listed.at(-5)?.parts).toHaveLength(4);
  });

  test('what left the playlist can be fetched for as long again, and is then removed', () => {
    const spool = new MemorySpool();
    const filled = new Filled({ spool });
    filled.fill(200);
    expect(spool.kept.size).toBeGreaterThan(2 * 20);
    expect(spool.kept.size).toBeLessThan(2 * 20 + 8);
    expect(filled.holdings.segment('s165')).toBeDefined();
    expect(filled.holdings.segment('s150')).toBeUndefined();
  });

  test('the playlist is as short as memory while the disk takes nothing, without a hole, and grows again', () => {
    const spool = new MemorySpool();
    const filled = new Filled({ spool });
    filled.fill(30);
    spool.answer = 'lost';
    filled.fill(10);
    const count = filled.names.length;
    expect(count).toBeLessThanOrEqual(7);
    expect(count).toBeGreaterThanOrEqual(6);
    spool.answer = 'kept';
    filled.fill(12);
    expect(filled.names.length).toBeGreaterThan(10);
    const msns = filled.holdings.listed.map(({ msn }) => msn);
    expect(msns).toEqual(msns.map((_, index) => (msns[0] ?? 0) + index));
  });

  test('a slow disk is waited for, but not beyond the limit of memory', () => {
    const spool = new MemorySpool();
    const filled = new Filled({ limitBytes: 50 * 4 * partBytes, spool });
    spool.answer = 'pending';
    filled.fill(30);
    expect(filled.names.length).toBeGreaterThanOrEqual(20);
    filled.fill(200);
    expect(filled.holdings.bytes).toBeLessThanOrEqual(51 * 4 * partBytes);
  });

  test('the oldest goes early when the spool is full', () => {
    const spool = new MemorySpool();
    const filled = new Filled({ spool });
    filled.fill(30);
    spool.full = true;
    filled.fill(1);
    expect(filled.names.length).toBeLessThan(9);
    expect(spool.kept.size).toBeLessThan(9);
  });

  test('what the spool has lost leaves the playlist at once, with everything in front of it and nothing behind', () => {
    const spool = new MemorySpool();
    const filled = new Filled({ spool });
    filled.fill(30);
    const before = filled.names;
    expect(filled.holdings.unlistLost()).toBe(false);
    spool.lose(before[2] ?? '', before[4] ?? '');
    expect(filled.holdings.unlistLost()).toBe(true);
    expect(filled.names).toEqual(before.slice(5));
    expect(filled.holdings.unlistLost()).toBe(false);
    spool.lose(...filled.names);
    filled.fill(1);
    // What is in memory is there all the same.
    expect(filled.names.length).toBeGreaterThanOrEqual(6);
    expect(filled.names).toEqual(before.concat('s30').slice(-filled.names.length));
  });
});
