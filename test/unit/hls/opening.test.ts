import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Obstacle } from '#src/core/cmaf.ts';
import { Opening } from '#src/hls/opening.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const { signal } = new AbortController();

/** A stream whose fate the test decides. */
class Stream {
  ready = false;
  finished = false;
  obstacle: Obstacle | undefined;
  readonly opening = new Opening(10, { isReady: () => this.ready, isFinished: () => this.finished });

  constructor() {
    this.opening.obstructedBy(() => this.obstacle);
  }
}

test('who comes early waits until there is something, or nothing will come', async () => {
  const stream = new Stream();
  const one = stream.opening.wait(1_000, signal);
  stream.opening.wake();
  stream.ready = true;
  stream.opening.wake();
  expect(await one).toBe('ready');
  const other = new Stream();
  const two = other.opening.wait(1_000, signal);
  other.finished = true;
  other.opening.wake();
  expect(await two).toBe('ready');
});

test.each([
  'ffmpeg-missing',
  'ffmpeg-old',
  'ffmpeg-incomplete',
  'ffmpeg-no-encoder',
  'ffmpeg-failed',
] as const)('nobody waits for what will not come soon (%s)', async (code) => {
  const stream = new Stream();
  stream.obstacle = { code, retryAfterMs: 3_000 };
  expect(await stream.opening.wait(Infinity, signal)).toBe('ready');
  expect(stream.opening.obstacle).toBe(stream.obstacle);
});

test('an FFmpeg that is being started anew is waited for', async () => {
  const stream = new Stream();
  stream.obstacle = { code: 'ffmpeg-restarting', retryAfterMs: 100 };
  const waiting = stream.opening.wait(1_000, signal);
  vi.advanceTimersByTime(1_000);
  expect(await waiting).toBe('late');
});

test('a stream that is over has nothing in its way', () => {
  const stream = new Stream();
  stream.obstacle = { code: 'ffmpeg-failed', retryAfterMs: 3_000 };
  stream.finished = true;
  expect(stream.opening.obstacle).toBeUndefined();
});
