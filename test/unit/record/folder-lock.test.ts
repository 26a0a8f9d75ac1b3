import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '#src/core/clock.ts';
import { type Log, silentLog } from '#src/core/log.ts';
import { FolderLock } from '#src/record/folder-lock.ts';
import { ourselves } from '#src/record/lock-owner.ts';
import { until } from '#test/kit/wait.ts';

const patience = { timeoutMs: 10_000, everyMs: 5 };
let root = '';
let nowMs = 0;
const clock: Clock = { nowMs: () => nowMs, wallMs: () => 0 };

beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'lock-')), 'recordings');
  nowMs = 0;
});
afterEach(() => rm(join(root, '..'), { recursive: true, force: true }));

/** A lock, and what happened to it. */
class Watched implements AsyncDisposable {
  readonly heard: string[] = [];
  readonly lock: FolderLock;

  constructor() {
    const warn: Log['warn'] = (_, sentence) => void this.heard.push(sentence);
    this.lock = new FolderLock({
      ...{ root, clock, log: { ...silentLog, warn }, everyMs: 5, staleMs: 20_000 },
      prepare: () => {
        this.heard.push('prepare');
        return Promise.resolve();
      },
      onTaken: () => void this.heard.push('taken'),
      onLost: () => void this.heard.push('lost'),
    });
  }

  static async begun(): Promise<Watched> {
    const watched = new Watched();
    await watched.lock.begin();
    return watched;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.lock[Symbol.asyncDispose]();
  }
}

const held = 'the folder of the recordings cannot be used';

describe('the lock of a folder', () => {
  test('is one gateway’s, and the next one’s as soon as that has ended', async () => {
    const first = await Watched.begun();
    expect([first.lock.state, first.lock.obstacle, first.heard]).toEqual([
      'ours',
      undefined,
      ['prepare', 'taken'],
    ]);
    await using second = await Watched.begun();
    expect([second.lock.state, second.heard]).toEqual(['theirs', [held]]);
    expect(second.lock.problem).toContain(`record.directory ${root}`);
    expect(second.lock.problem).toContain(`process ${process.pid} on `);
    expect(() => second.lock.mustBeOurs()).toThrow(/another gateway/);
    expect(first.lock.state).toBe('ours');
    await first[Symbol.asyncDispose]();
    await until('the second has it', () => second.lock.ours, patience);
    expect(second.heard).toEqual([held, 'prepare', 'taken']);
    expect(second.lock.problem).toBeUndefined();
    expect(first.heard).toEqual(['prepare', 'taken']);
  });

  test('of somebody on another machine is taken when it was not renewed for long, by our own clock', async () => {
    await mkdir(root);
    const other = { ...(await ourselves()), place: 'another machine' };
    await writeFile(join(root, '.lock'), JSON.stringify(other));
    await using late = await Watched.begun();
    nowMs = 20_000;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(late.lock.state).toBe('theirs');
    await writeFile(join(root, '.lock'), `${JSON.stringify(other)}\n`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    nowMs = 40_000;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(late.lock.state).toBe('theirs');
    await until(
      'it is ours',
      () => {
        nowMs += 1_000;
        return late.lock.ours;
      },
      patience,
    );
    expect(late.heard).toEqual([held, 'prepare', 'taken']);
  });

  test('that says nothing is held by somebody, until it is old', async () => {
    await mkdir(root);
    await writeFile(join(root, '.lock'), '');
    await using lock = await Watched.begun();
    expect(lock.lock.problem).toContain('somebody who does not say who it is');
    nowMs = 20_001;
    await until('it is ours', () => lock.lock.ours, patience);
  });

  test('is made again when it was moved away with its folder, and lost when somebody else was faster', async () => {
    await using owner = await Watched.begun();
    await rename(root, join(root, '..', 'aside'));
    await until(
      'it is there',
      () =>
        readFile(join(root, '.lock')).then(
          () => true,
          () => false,
        ),
      patience,
    );
    expect([owner.lock.state, owner.heard]).toEqual(['ours', ['prepare', 'taken']]);
    const other = JSON.stringify({ ...(await ourselves()), place: 'another machine', host: 'other-host' });
    await writeFile(join(root, '.lock.new'), other);
    await rename(join(root, '.lock.new'), join(root, '.lock'));
    await until('it is lost', () => owner.lock.state === 'theirs', patience);
    expect(owner.lock.problem).toContain('other-host');
    expect(owner.heard.filter((one) => one === 'lost')).toHaveLength(1);
    await owner[Symbol.asyncDispose]();
    expect(await readFile(join(root, '.lock'), 'utf8')).toBe(other);
  });

  test('cannot be had where the folder cannot be made, which is said once, and is had as soon as it can', async () => {
    await writeFile(root, '');
    await using lock = await Watched.begun();
    expect([lock.lock.state, lock.lock.ours]).toEqual(['none', false]);
    expect(lock.lock.obstacle).toMatch(/EEXIST|ENOTDIR/);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await rm(root);
    await until('it is ours', () => lock.lock.ours, patience);
    expect(lock.heard).toEqual(['the folder of the recordings cannot be written to', 'prepare', 'taken']);
  });

  test('is kept through a short trouble with the disk, and given up before others may think it abandoned', async () => {
    await using owner = await Watched.begun();
    // Cannot be opened, and does not go away.
    await symlink('.lock', join(root, 'loop'));
    await rename(join(root, 'loop'), join(root, '.lock'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(owner.lock.state).toBe('ours');
    nowMs = 10_000;
    await until('it is given up', () => owner.lock.state === 'none', patience);
    expect(owner.lock.problem).toContain('ELOOP');
    await rm(join(root, '.lock'));
    await until('it is ours again', () => owner.lock.ours, patience);
    expect(owner.heard.filter((one) => one === 'taken')).toHaveLength(2);
  });
});
