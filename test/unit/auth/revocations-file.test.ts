import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openRevocationsFile } from '#src/auth/revocations-file.ts';
import { silentLog } from '#src/core/log.ts';

let folder: string;
let file: string;
let nowMs: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'revoked-'));
  file = join(folder, 'below', 'revoked.json');
  nowMs = 1_000;
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

const open = (log = silentLog): ReturnType<typeof openRevocationsFile> =>
  openRevocationsFile({ file, log, nowMs: () => nowMs });

describe('revoked tokens', () => {
  test('are known after a restart, until they would have expired', async () => {
    await using first = await open();
    first.memory.add('a', 5_000);
    first.memory.add('b "quoted"', 9_000);
    expect(await first.save()).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'below'))).toEqual(['revoked.json']);
    nowMs = 5_000;
    await using second = await open();
    expect(second.memory.list()).toEqual([['b "quoted"', 9_000]]);
  });

  test('of which there are none leave no file', async () => {
    await using store = await open();
    expect(store.memory.size).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  test('that come at once are written at once, and each hears when it is there', async () => {
    await using store = await open();
    const saved = Array.from({ length: 50 }, async (_, index) => {
      store.memory.add(`t${index}`, 5_000);
      expect(await store.save()).toBe(true);
      expect(await readFile(file, 'utf8')).toContain(`"t${index}"`);
    });
    await Promise.all(saved);
    expect((await open()).memory.size).toBe(50);
  });

  test('are still written when the gateway ends', async () => {
    const store = await open();
    store.memory.add('last', 5_000);
    const saved = store.save();
    await store[Symbol.asyncDispose]();
    expect(await readFile(file, 'utf8')).toContain('"last"');
    expect(await saved).toBe(true);
  });
});

describe('a file', () => {
  test.each([
    ['', /no JSON/],
    ['{"version":1,"revoked":[["a",', /no JSON/],
    ['[]', /what this gateway writes/],
    ['{"version":2,"revoked":[]}', /what this gateway writes/],
    ['{"version":1,"revoked":[["a"]]}', /what this gateway writes/],
    [`{"version":1,"revoked":[["${'x'.repeat(201)}",5]]}`, /what this gateway writes/],
  ])('with "%.30s" is refused, with what to do about it', async (text, reason) => {
    await mkdir(join(folder, 'below'));
    await writeFile(file, text);
    const refused = open();
    await expect(refused).rejects.toMatchObject({ kind: 'invalid', code: 'bad-revocations-file' });
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toThrow(/revocationsFile.*remove it/);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  test('that is a folder is refused too', async () => {
    await mkdir(file, { recursive: true });
    await expect(open()).rejects.toMatchObject({ code: 'bad-revocations-file' });
  });

  test('that cannot be written costs nothing but the restart, and is tried again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const errors: string[] = [];
    const hear = (_fields: unknown, sentence: string): void => void errors.push(sentence);
    await using store = await openRevocationsFile({
      file: join(folder, 'beside', 'revoked.json'),
      log: { ...silentLog, error: hear },
      nowMs: () => nowMs,
    });
    // Not a folder, so nothing can be below it, not even for root.
    await writeFile(join(folder, 'beside'), '');
    store.memory.add('a', 5_000);
    expect(await store.save()).toBe(false);
    expect(errors).toEqual([expect.stringContaining('a restart would forget them')]);
    expect(store.memory.has('a')).toBe(true);
    await rm(join(folder, 'beside'));
    vi.advanceTimersByTime(30_000);
    // Waits behind what the timer began.
    await store[Symbol.asyncDispose]();
    expect(await readFile(join(folder, 'beside', 'revoked.json'), 'utf8')).toContain('"a"');
  });
});
