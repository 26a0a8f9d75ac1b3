import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import { DiskSpool } from '#src/record/spool.ts';
import { until } from '#test/kit/wait.ts';

let root = '';
let folder = '';
const patience = { timeoutMs: 5_000, everyMs: 5 };
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'spool-'));
  folder = join(root, '.dvr', 'live.x');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const open = (limitBytes = 1e6): DiskSpool =>
  new DiskSpool({ folder, windowMs: 60_000, limitBytes, log: silentLog });
const name = (msn: number): string => `v0_e1_s${msn}.m4s`;
const chunks = [Buffer.from('one'), Buffer.from('two')];

describe('a spool', () => {
  test('keeps segments in a folder of its own, gives them back, and leaves nothing behind', async () => {
    const spool = open();
    spool.put(name(1), chunks);
    expect(spool.state(name(1))).toBe('pending');
    await until('it is written', () => spool.state(name(1)) === 'kept', patience);
    expect(Buffer.from((await spool.read(name(1))) ?? []).toString()).toBe('onetwo');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    spool.put(name(2), chunks);
    await until('another is written', () => spool.bytes === 12, patience);
    spool.remove(name(1));
    expect([spool.state(name(1)), await spool.read(name(1)), spool.bytes]).toEqual(['lost', undefined, 6]);
    await until('its file is gone', async () => (await readdir(folder)).length === 1, patience);
    await spool[Symbol.asyncDispose]();
    await expect(stat(folder)).rejects.toThrow('ENOENT');
  });

  test('takes names of segments only, and none after its end', async () => {
    const spool = open();
    for (const wrong of ['../x', 'v0_e1_s1.m4s/..', '/etc/passwd', 'a\0b', '']) {
      spool.put(wrong, chunks);
      expect(spool.state(wrong)).toBe('lost');
      expect(await spool.read(wrong)).toBeUndefined();
    }
    await spool[Symbol.asyncDispose]();
    spool.put(name(1), chunks);
    expect(spool.state(name(1))).toBe('lost');
  });

  test('says when it holds more than it may', async () => {
    await using spool = open(10);
    spool.put(name(1), chunks);
    await until('one is written', () => spool.bytes === 6, patience);
    expect(spool.full).toBe(false);
    spool.put(name(2), chunks);
    await until('two are written', () => spool.bytes === 12, patience);
    expect(spool.full).toBe(true);
  });

  test('loses what cannot be written, says why, and works again when it can', async () => {
    await writeFile(join(root, '.dvr'), '');
    await using spool = open();
    spool.put(name(1), chunks);
    await until('it is lost', () => spool.state(name(1)) === 'lost', patience);
    expect(spool.problem).toMatch(/ENOTDIR|EEXIST/);
    await rm(join(root, '.dvr'));
    spool.put(name(2), chunks);
    await until('the next is kept', () => spool.state(name(2)) === 'kept', patience);
    expect(spool.problem).toBeUndefined();
  });
});
