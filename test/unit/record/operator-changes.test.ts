import { cp, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '#src/core/clock.ts';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import { silentLog, type Log } from '#src/core/log.ts';
import { Catalog } from '#src/record/catalog.ts';
import { recordConfig } from '#src/record/config.ts';
import { openRecordings } from '#src/record/desk.ts';
import { OperatorChanges } from '#src/record/operator-changes.ts';
import { madeSegment } from '#test/kit/record-segments.ts';
import { until } from '#test/kit/wait.ts';

const live = parseStreamId('live') as StreamId;
const patience = { timeoutMs: 10_000, everyMs: 20 };
let store = '';
let id = '';
let root = '';

/** A recording that is complete, to be put where it is wanted. */
beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'recorded-'));
  const deps = { clock: systemClock, log: silentLog, ffmpegPath: undefined, targetDurationMs: 8_000 };
  const config = recordConfig.parse({ enabled: true, minFreeBytes: 0, directory: store });
  await using desk = await openRecordings(deps, config);
  const listener = desk.listener(live, 'a');
  for (const kind of ['video', 'audio'] as const) listener?.segment(madeSegment(kind, 0));
  listener?.ended();
  await until('it is complete', () => desk.list().some(({ state }) => state === 'complete'), patience);
  [id = ''] = await readdir(join(store, 'live'));
});
afterAll(() => rm(store, { recursive: true, force: true }));

beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'changes-')), 'recordings');
});
afterEach(() => rm(join(root, '..'), { recursive: true, force: true }));

const bring = (): Promise<void> => cp(join(store, 'live'), join(root, 'live'), { recursive: true });

class Rig implements AsyncDisposable {
  readonly warnings: string[] = [];
  readonly active = new Map<string, { abandon: () => Promise<void> }>();
  readonly catalog: Catalog;
  readonly changes: OperatorChanges;

  constructor() {
    const warn: Log['warn'] = (_, sentence) => this.warnings.push(sentence);
    const log: Log = { ...silentLog, warn };
    this.catalog = new Catalog(root, log, () => 'ours');
    this.changes = new OperatorChanges({ root, catalog: this.catalog, active: this.active, log });
  }

  get ids(): readonly string[] {
    return Array.from(this.catalog.entries, (entry) => entry.id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.changes[Symbol.asyncDispose]();
  }
}

describe('the folder of the recordings', () => {
  test('is read at the beginning, and then what is moved away and put back', async () => {
    await bring();
    await using rig = new Rig();
    expect(await rig.changes.follow()).toBe(true);
    expect(rig.ids).toEqual([id]);
    await rename(join(root, 'live', id), join(root, '..', 'aside'));
    await until('it is gone', () => rig.ids.length === 0, patience);
    await rename(join(root, '..', 'aside'), join(root, 'live', id));
    await until('it is back', () => rig.ids.length === 1, patience);
    expect(await rig.changes.follow()).toBe(false);
    expect(rig.warnings).toEqual([]);
  });

  test('is tried again while it cannot be used, and said to be so once', async () => {
    await writeFile(root, 'not a folder');
    await using rig = new Rig();
    expect([await rig.changes.follow(), await rig.changes.follow()]).toEqual([false, false]);
    expect(rig.changes.problem).toContain('EEXIST');
    expect(rig.warnings).toEqual(['the folder of the recordings cannot be used']);
    await rm(root);
    await bring();
    expect(await rig.changes.follow()).toBe(true);
    expect([rig.changes.problem, rig.ids]).toEqual([undefined, [id]]);
  });
});

describe('a recording that grows', () => {
  test('is not in the catalogue, and is given up when its folder is taken away, whatever becomes of its files', async () => {
    await bring();
    await using rig = new Rig();
    const abandoned: string[] = [];
    rig.active.set(`live/${id}`, {
      abandon: () => {
        abandoned.push(id);
        return Promise.reject(new Error('the disk is gone, too'));
      },
    });
    await rig.changes.follow();
    expect(rig.ids).toEqual([]);
    await rm(join(root, 'live', id), { recursive: true });
    await until('it is given up', () => rig.warnings.length === 2, patience);
    expect([abandoned, rig.active.size]).toEqual([[id], 0]);
    expect(rig.warnings[1]).toBe('its files cannot be closed');
  });

  test('goes on when somebody only adds a file to its folder', async () => {
    await bring();
    await using rig = new Rig();
    rig.active.set(`live/${id}`, { abandon: () => Promise.reject(new Error('it was there')) });
    await rig.changes.follow();
    const looks = vi.spyOn(rig.catalog, 'folder');
    for (const count of [1, 2]) {
      // By the second look the first one has had its consequences.
      await writeFile(join(root, 'live', id, 'note.txt'), `version ${count}`);
      await until('it is looked at', () => looks.mock.calls.length >= count, patience);
    }
    expect([rig.active.size, rig.warnings]).toEqual([1, []]);
  });
});
