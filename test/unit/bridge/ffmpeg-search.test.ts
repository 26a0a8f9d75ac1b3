import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { FfmpegSearch } from '#src/bridge/ffmpeg-search.ts';
import { Failure } from '#src/core/failure.ts';
import { silentLog } from '#src/core/log.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const ffmpeg: FfmpegFound = { path: 'ffmpeg', version: '7.1' };
const { signal } = new AbortController();
const lacking = (code: string): Failure => new Failure('unavailable', code, `${code}: mend it`);

/** A machine that has what the test says at the time. */
function machine(first: FfmpegFound | Error) {
  const state: { now: FfmpegFound | Error; looks: number } = { now: first, looks: 0 };
  const find = (): Promise<FfmpegFound> => {
    state.looks += 1;
    return state.now instanceof Error ? Promise.reject(state.now) : Promise.resolve(state.now);
  };
  return { state, open: () => FfmpegSearch.open({ find, log: silentLog }, signal) };
}

test('what is there is found at once, and not looked for again', async () => {
  const { state, open } = machine(ffmpeg);
  using search = await open();
  expect([search.outcome, search.failure]).toEqual([{ found: ffmpeg }, undefined]);
  const heard: FfmpegFound[] = [];
  search.whenFound((found) => heard.push(found));
  expect(heard).toEqual([ffmpeg]);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(state.looks).toBe(1);
});

test('what is missing is looked for every few seconds, and whoever waits is told once', async () => {
  const { state, open } = machine(lacking('ffmpeg-missing'));
  using search = await open();
  const heard: string[] = [];
  search.whenFound(() => heard.push('one'));
  search.whenFound(() => heard.push('gone'))[Symbol.dispose]();
  expect([search.outcome, search.againMs]).toEqual([{ problem: 'ffmpeg-missing: mend it' }, 3_000]);
  await vi.advanceTimersByTimeAsync(9_000);
  expect([state.looks, heard]).toEqual([4, []]);
  state.now = ffmpeg;
  await vi.advanceTimersByTimeAsync(3_000);
  expect([search.outcome, search.failure, heard]).toEqual([{ found: ffmpeg }, undefined, ['one']]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(state.looks).toBe(5);
});

test('one that is of no use is asked less often, and what is wrong is told as it is now', async () => {
  const { state, open } = machine(lacking('ffmpeg-old'));
  using search = await open();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(state.looks).toBe(1);
  state.now = lacking('ffmpeg-missing');
  await vi.advanceTimersByTimeAsync(1_000);
  expect([state.looks, search.failure?.code, search.againMs]).toEqual([2, 'ffmpeg-missing', 3_000]);
});

test('nobody looks after the end, and who waits is not told', async () => {
  const { state, open } = machine(lacking('ffmpeg-missing'));
  const search = await open();
  search.whenFound(() => expect.unreachable());
  search[Symbol.dispose]();
  state.now = ffmpeg;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(state.looks).toBe(1);
});

test('a mistake of ours at the start is one; later it is looked for all the same', async () => {
  const { open } = machine(new Error('a bug'));
  await expect(open()).rejects.toThrow('a bug');
  const { state, open: later } = machine(lacking('ffmpeg-missing'));
  using search = await later();
  state.now = new Error('a bug');
  await vi.advanceTimersByTimeAsync(3_000);
  state.now = ffmpeg;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(search.outcome).toEqual({ found: ffmpeg });
});
