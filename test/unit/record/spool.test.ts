import { mkdir, mkdtemp, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '#src/core/clock.ts';
import { type Log, silentLog } from '#src/core/log.ts';
import { DiskSpool } from '#src/record/spool.ts';
import { until } from '#test/kit/wait.ts';

let root = '';
let folder = '';
let nowMs = 0;
let ours = true;
const warnings: string[] = [];
const clock: Clock = { nowMs: () => nowMs, wallMs: () => 0 };
const log: Log = { ...silentLog, warn: (_, sentence) => void warnings.push(sentence) };
const patience = { timeoutMs: 5_000, everyMs: 5 };
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'spool-'));
  folder = join(root, '.dvr', 'live.x');
  [nowMs, ours] = [0, true];
  warnings.length = 0;
});
afterEach(() => rm(root, { recursive: true, force: true }));

const open = (limitBytes = 1e6): DiskSpool =>
  new DiskSpool({ folder, windowMs: 60_000, limitBytes, clock, log, mayWrite: () => ours });
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
    nowMs += 30_000;
    expect(spool.problem).toBeUndefined();
  });

  test('says once what is wrong with a disk, though now and then something fits', async () => {
    await mkdir(join(folder, name(2)), { recursive: true });
    await mkdir(join(folder, name(4)));
    await using spool = open();
    for (let msn = 1; msn <= 5; msn++) spool.put(name(msn), chunks);
    await until('all were tried', () => spool.state(name(5)) === 'kept', patience);
    expect([2, 4].map((msn) => spool.state(name(msn)))).toEqual(['lost', 'lost']);
    expect(warnings).toEqual(['the DVR window cannot be written']);
    nowMs += 60_000;
    spool.put(name(2), chunks);
    await until('it failed anew', () => spool.problem !== undefined, patience);
    expect(warnings).toHaveLength(2);
  });

  test('notices all that is gone as soon as one is asked for', async () => {
    await using spool = open();
    for (let msn = 1; msn <= 4; msn++) spool.put(name(msn), chunks);
    await until('all are kept', () => spool.state(name(4)) === 'kept', patience);
    for (const msn of [2, 3]) await unlink(join(folder, name(msn)));
    expect([spool.losses, spool.bytes]).toEqual([0, 24]);
    expect(await spool.read(name(3))).toBeUndefined();
    expect([1, 2, 3, 4].map((msn) => spool.state(name(msn)))).toEqual(['kept', 'lost', 'lost', 'kept']);
    expect([spool.losses, spool.bytes]).toEqual([2, 12]);
    expect(warnings).toEqual(['segments of a DVR window are gone from the disk']);
  });

  test('notices with the next segment that its folder was moved away, and goes on in a new one', async () => {
    await using spool = open();
    for (let msn = 1; msn <= 3; msn++) spool.put(name(msn), chunks);
    await until('all are kept', () => spool.state(name(3)) === 'kept', patience);
    await rename(join(root, '.dvr'), join(root, 'aside'));
    spool.put(name(4), chunks);
    await until('it knows', () => spool.losses === 3, patience);
    expect([3, 4].map((msn) => spool.state(name(msn)))).toEqual(['lost', 'kept']);
    expect(await readdir(folder)).toEqual([name(4)]);
    expect(spool.problem).toBeUndefined();
  });

  test('that cannot be read says so with a code, and keeps what it has', async () => {
    await using spool = open();
    spool.put(name(1), chunks);
    await until('it is kept', () => spool.state(name(1)) === 'kept', patience);
    await unlink(join(folder, name(1)));
    // Also the superuser cannot read a folder as a file.
    await mkdir(join(folder, name(1)));
    await expect(spool.read(name(1))).rejects.toMatchObject({ kind: 'unavailable', code: 'dvr-unreadable' });
    expect([spool.state(name(1)), spool.losses]).toEqual(['kept', 0]);
    expect(warnings).toEqual(['the DVR window cannot be read']);
    expect(spool.problem).toContain('EISDIR');
  });

  test('takes nothing while the disk is not ours, and gives up what is there when it no longer is', async () => {
    ours = false;
    await using spool = open();
    spool.put(name(1), chunks);
    expect(spool.state(name(1))).toBe('lost');
    await expect(stat(folder)).rejects.toThrow('ENOENT');
    ours = true;
    spool.put(name(2), chunks);
    await until('it is kept', () => spool.state(name(2)) === 'kept', patience);
    ours = false;
    spool.abandon();
    expect([spool.state(name(2)), spool.losses, spool.bytes]).toEqual(['lost', 1, 0]);
    expect(await readdir(folder)).toEqual([name(2)]);
  });
});
