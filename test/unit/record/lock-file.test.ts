import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LockFile } from '#src/record/lock-file.ts';

let root = '';
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'lock-')), 'recordings');
});
afterEach(() => rm(join(root, '..'), { recursive: true, force: true }));

test('of several that make it at the same time one has made it', async () => {
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, index) => new LockFile(root).create(`${index}`)),
  );
  expect(made.filter(Boolean)).toHaveLength(1);
  const file = new LockFile(root);
  expect((await file.read())?.text).toBe(String(made.indexOf(true)));
  expect((await stat(join(root, '.lock'))).mode & 0o777).toBe(0o600);
});

test('of several that remove it as a dead one, one has removed it, and what another wrote meanwhile stays', async () => {
  const file = new LockFile(root);
  expect(await file.read()).toBeUndefined();
  await file.create('dead');
  const removed = await Promise.all(
    Array.from({ length: 8 }, (_, index) => new LockFile(root).remove('dead', `${index}`)),
  );
  expect(removed.filter(Boolean)).toHaveLength(1);
  await file.create('alive');
  expect(await file.remove('dead', 'late')).toBe(false);
  expect((await file.read())?.text).toBe('alive');
  expect(await readdir(root)).toEqual(['.lock']);
});

test('it is renewed by its time stamp, and what is far too long is not read', async () => {
  const file = new LockFile(root);
  await file.create('x');
  const before = (await file.read())?.mtimeMs ?? 0;
  while (Date.now() - before < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  await file.renew();
  expect((await file.read())?.mtimeMs).toBeGreaterThan(before);
  await writeFile(join(root, '.lock'), 'x'.repeat(5_000));
  expect((await file.read())?.text).toBe('');
});
