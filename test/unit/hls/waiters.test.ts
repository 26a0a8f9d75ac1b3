import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Waiters } from '#src/hls/waiters.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const forever = new AbortController().signal;

test('a wait ends when its condition holds, and only then', async () => {
  const waiters = new Waiters(10);
  let part = 0;
  const first = waiters.wait(() => part >= 1, 1_000, forever);
  const second = waiters.wait(() => part >= 2, 1_000, forever);
  waiters.wake();
  expect(waiters.count).toBe(2);
  part = 1;
  waiters.wake();
  expect(await first).toBe('ready');
  expect(waiters.count).toBe(1);
  part = 2;
  waiters.wake();
  expect(await second).toBe('ready');
});

test('a wait ends by its time-out or its signal, and leaves nothing behind', async () => {
  const waiters = new Waiters(10);
  const abort = new AbortController();
  const late = waiters.wait(() => false, 1_000, forever);
  const gone = waiters.wait(() => false, 1_000, abort.signal);
  abort.abort();
  expect(await gone).toBe('gone');
  vi.advanceTimersByTime(1_000);
  expect(await late).toBe('late');
  expect(waiters.count).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('no wait begins without need, without time, without client or without room', async () => {
  const waiters = new Waiters(1);
  expect(await waiters.wait(() => true, 1_000, forever)).toBe('ready');
  expect(await waiters.wait(() => false, 0, forever)).toBe('late');
  expect(await waiters.wait(() => true, 1_000, AbortSignal.abort())).toBe('gone');
  void waiters.wait(() => false, 1_000, forever);
  expect(await waiters.wait(() => false, 1_000, forever)).toBe('full');
});
