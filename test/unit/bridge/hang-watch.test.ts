import { expect, test } from 'vitest';
import { HangWatch, type WatchedProcess } from '#src/bridge/hang-watch.ts';

const patience = { startTimeoutMs: 10_000, stallTimeoutMs: 1_500 };

/** A process that gave so much of each rendition, and got input just now unless told otherwise. */
function process(rungs: Readonly<Record<string, number>>, lastInputMs: number): WatchedProcess {
  const bytesOf = (rendition: string): number => rungs[rendition] ?? 0;
  return {
    bytesOut: Object.values(rungs).reduce((sum, bytes) => sum + bytes, 0),
    plan: {
      rungs: Object.keys(rungs)
        .filter((id) => id !== 'v0')
        .map((rendition) => ({ rendition })),
    },
    bytesOf,
    lastInputMs,
  };
}

test('silence after output is a fault, sooner than silence after the start', () => {
  const watch = new HangWatch(patience);
  watch.begin(0);
  expect(watch.look(process({ v0: 0 }, 9_000), 9_000)).toBeUndefined();
  expect(watch.look(process({ v0: 1 }, 9_500), 9_500)).toBeUndefined();
  expect(watch.look(process({ v0: 1 }, 11_000), 11_000)).toBeUndefined();
  expect(watch.look(process({ v0: 1 }, 11_001), 11_001)).toMatch(/nothing while its input went on/);
});

test('input that stops excuses it', () => {
  const watch = new HangWatch(patience);
  watch.begin(0);
  watch.look(process({ v0: 1 }, 0), 0);
  for (let nowMs = 100; nowMs < 20_000; nowMs += 100)
    expect(watch.look(process({ v0: 1 }, 0), nowMs)).toBeUndefined();
});

test('an encoder that hangs beside a copy that goes on is noticed by its name', () => {
  const watch = new HangWatch(patience);
  watch.begin(0);
  let fault: string | undefined;
  let nowMs = 0;
  for (; nowMs < 10_000 && fault === undefined; nowMs += 100)
    fault = watch.look(
      process({ v0: 1 + nowMs, v1: 1 + Math.min(nowMs, 2_000), v2: 1 + nowMs }, nowMs),
      nowMs,
    );
  expect(fault).toBe('FFmpeg gave nothing of v1, but of the others');
  expect(nowMs).toBeGreaterThan(4_900);
  expect(nowMs).toBeLessThan(5_300);
});

test('another process begins anew', () => {
  const watch = new HangWatch(patience);
  watch.begin(0);
  watch.look(process({ v0: 900, v1: 900 }, 100), 100);
  watch.begin(5_000);
  expect(watch.look(process({ v0: 5, v1: 0 }, 6_000), 6_000)).toBeUndefined();
});
