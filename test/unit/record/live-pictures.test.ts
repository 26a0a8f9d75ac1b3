import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { PictureWish } from '#src/core/pictures.ts';
import { Jobs } from '#src/record/jobs.ts';
import { LivePictures } from '#src/record/live-pictures.ts';

const wish: PictureWish = {
  init: Buffer.from('no movie'),
  keyframes: [Buffer.from('nor a picture')],
  width: 640,
  height: 360,
};
const { signal } = new AbortController();
const still = { nowMs: () => 0, wallMs: () => 0 };
test('there is no time while other work goes on', async () => {
  await using jobs = new Jobs(10);
  const pictures = new LivePictures({ ffmpegPath: '/bin/false', clock: still, jobs });
  const other = Promise.withResolvers<undefined>();
  const running = jobs.add(() => other.promise);
  expect(await pictures.draw(wish, signal)).toBeUndefined();
  other.resolve(undefined);
  await running;
  await expect(pictures.draw(wish, signal)).rejects.toThrow();
});

test('after a picture there is none for four times as long', async () => {
  await using jobs = new Jobs(10);
  let nowMs = 0;
  const clock = { nowMs: () => (nowMs += 100), wallMs: () => 0 };
  const pictures = new LivePictures({ ffmpegPath: '/bin/false', clock, jobs });
  // Looked at when it is asked for, when it begins and when it ends.
  await expect(pictures.draw(wish, signal)).rejects.toThrow();
  expect(nowMs).toBe(300);
  expect(await pictures.draw(wish, signal)).toBeUndefined();
  nowMs = 500;
  expect(await pictures.draw(wish, signal)).toBeUndefined();
  await expect(pictures.draw(wish, signal)).rejects.toThrow();
});

test('what cannot be drawn is refused, and nothing is left of it', async () => {
  await using jobs = new Jobs(10);
  const folder = await mkdtemp(join(tmpdir(), 'live-pictures-'));
  vi.stubEnv('TMPDIR', folder);
  const withFfmpeg = new LivePictures({ ffmpegPath: 'ffmpeg', clock: still, jobs });
  await expect(withFfmpeg.draw(wish, signal)).rejects.toThrow(/Invalid data|moov/);
  const without = new LivePictures({ ffmpegPath: undefined, clock: still, jobs });
  await expect(without.draw(wish, signal)).rejects.toThrow('there is no FFmpeg');
  expect(await readdir(folder)).toEqual([]);
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test('work that is called off ends', async () => {
  await using jobs = new Jobs(10);
  const pictures = new LivePictures({ ffmpegPath: 'ffmpeg', clock: still, jobs });
  await expect(pictures.draw(wish, AbortSignal.abort())).rejects.toThrow();
});
