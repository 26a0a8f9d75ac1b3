import { describe, expect, test } from 'vitest';
import { hlsConfig } from '#src/hls/config.ts';
import { timingOf } from '#src/hls/timing.ts';
import type { SegmentStart } from '#src/hls/media-segment.ts';
import { MediaWindow } from '#src/hls/window.ts';
import { MemorySpool } from './memory-spool.ts';

const timing = timingOf(
  250,
  hlsConfig.parse({ segmentTargetMs: 1_000, targetDurationMs: 1_000, windowSegments: 6 }),
);

const startAt = (startMs: number, more: Partial<SegmentStart> = {}): SegmentStart => ({
  name: `s${startMs}`,
  run: 1,
  discontinuity: false,
  mapName: 'init',
  startWallMs: startMs,
  startMs,
  independent: true,
  gap: false,
  ...more,
});

function fill(window: MediaWindow, segments: number, bytesPerPart = 10): void {
  for (let index = 0; index < segments; index += 1) {
    window.begin(startAt(index * 1_000));
    addParts(window, index * 1_000, 4, bytesPerPart);
  }
}

function addParts(window: MediaWindow, fromMs: number, count: number, bytes = 10): void {
  for (let part = 0; part < count; part += 1) {
    const endMs = fromMs + (part + 1) * 250;
    window.addPart(
      { name: `p${endMs}`, listedMs: 250, independent: part === 0, bytes: new Uint8Array(bytes) },
      endMs,
    );
  }
}

test('the first media sequence number is 1: players take 0 for none', () => {
  const window = new MediaWindow(timing, 1e9);
  expect(window.last).toEqual({ msn: 0, parts: 0 });
  fill(window, 1);
  expect(window.last).toEqual({ msn: 1, parts: 4 });
});

describe('a position is reached', () => {
  const window = new MediaWindow(timing, 1e9);
  fill(window, 2);

  test('when its part is there; for the whole segment when that is complete', () => {
    expect(window.reached({ msn: 2, part: 3 })).toBe(true);
    expect(window.reached({ msn: 2, part: 4 })).toBe(false);
    expect(window.reached({ msn: 2, part: undefined })).toBe(false);
    expect(window.reached({ msn: 1, part: undefined })).toBe(true);
    expect(window.reached({ msn: 3, part: 0 })).toBe(false);
  });

  test('past the end of a complete segment only with the first part of the next', () => {
    expect(window.reached({ msn: 1, part: 4 })).toBe(true);
    window.completeOpen();
    expect(window.reached({ msn: 2, part: undefined })).toBe(true);
    expect(window.reached({ msn: 2, part: 4 })).toBe(false);
    window.begin(startAt(2_000));
    expect(window.reached({ msn: 2, part: 4 })).toBe(false);
    addParts(window, 2_000, 1);
    expect(window.reached({ msn: 2, part: 4 })).toBe(true);
    expect(window.reached({ msn: 2, part: 99 })).toBe(true);
  });

  test('in a gap, which has no parts, as soon as the gap is listed', () => {
    const gappy = new MediaWindow(timing, 1e9);
    fill(gappy, 1);
    expect(gappy.reached({ msn: 2, part: 0 })).toBe(false);
    gappy.addGap(startAt(1_000, { gap: true }), 1_000);
    expect(gappy.reached({ msn: 2, part: 0 })).toBe(true);
    expect(gappy.reached({ msn: 1, part: 4 })).toBe(true);
  });

  test('although its parts have left memory', () => {
    const long = new MediaWindow(timing, 1e9, { spool: new MemorySpool() });
    fill(long, 30);
    const [oldest] = long.segments;
    expect([oldest?.msn, oldest?.parts]).toEqual([11, []]);
    expect(long.reached({ msn: 11, part: 0 })).toBe(true);
    expect(long.reached({ msn: 14, part: 9 })).toBe(true);
  });

  test('whatever it is, when the stream has ended', () => {
    const over = new MediaWindow(timing, 1e9);
    fill(over, 1);
    over.end();
    expect(over.reached({ msn: 99, part: 5 })).toBe(true);
    expect(over.open).toBeUndefined();
  });
});

test('only complete segments with media can be fetched', () => {
  const window = new MediaWindow(timing, 1e9);
  fill(window, 2);
  window.addGap(startAt(2_000, { gap: true }), 1_000);
  expect(window.segment('s1000')?.complete).toBe(true);
  expect(window.segment('s2000')).toBeUndefined();
  window.begin(startAt(3_000));
  addParts(window, 3_000, 1);
  expect(window.segment('s3000')).toBeUndefined();
});

test('bitrates are those of complete segments, or of what there is', () => {
  const window = new MediaWindow(timing, 1e9);
  expect(window.bitrates()).toEqual({ peakBps: 0, averageBps: 0 });
  window.begin(startAt(0));
  addParts(window, 0, 2, 1_000);
  expect(window.bitrates()).toEqual({ peakBps: 32_000, averageBps: 32_000 });
  addParts(window, 500, 2, 500);
  window.begin(startAt(1_000));
  addParts(window, 1_000, 4, 9_000);
  expect(window.bitrates()).toEqual({ peakBps: 24_000, averageBps: 24_000 });
});

test('the claim that all segments are independent never comes back once it was wrong', () => {
  const window = new MediaWindow(timing, 1e9);
  fill(window, 1);
  expect(window.everyIndependent).toBe(true);
  window.begin(startAt(1_000, { independent: false }));
  addParts(window, 1_000, 4);
  fill(window, 20);
  expect(window.everyIndependent).toBe(false);
});

test('a part without an open segment is a bug', () => {
  const window = new MediaWindow(timing, 1e9);
  expect(() => addParts(window, 0, 1)).toThrow('open segment');
});
