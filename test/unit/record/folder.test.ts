import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isPlainFolder, readFolder } from '#src/record/folder.ts';
import { journalText, type JournalLine } from '#src/record/journal.ts';
import { madeHead, madeJournal } from '#test/kit/record-segments.ts';

let folder = '';
const { inits, segments, end } = madeJournal([3]);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-'));
  for (const name of ['v0_1.mp4', 'a0_1.mp4']) await writeFile(join(folder, name), Buffer.alloc(3_100));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (...entries: readonly JournalLine[]): Promise<void> =>
  writeFile(join(folder, 'index.jsonl'), entries.map(journalText).join(''));
const ended = end ? [end] : [];

describe('a folder with a recording', () => {
  test('is read with everything in it', async () => {
    await write(madeHead, ...inits, ...segments, ...ended);
    await writeFile(join(folder, 'download.mp4'), Buffer.alloc(50));
    const content = await readFolder(folder);
    expect(content?.journal.segments).toHaveLength(6);
    expect(content?.downloadBytes).toBe(50);
    expect(content?.files.has('v0_1.mp4')).toBe(true);
  });

  test('that a crash left is cut behind what is whole, and ended', async () => {
    await write(madeHead, ...inits, ...segments);
    await writeFile(join(folder, 'index.jsonl'), '{"t":"segm', { flag: 'a' });
    await writeFile(join(folder, 'v0_1.mp4'), Buffer.alloc(777), { flag: 'a' });
    await truncate(join(folder, 'a0_1.mp4'), 2_500);
    const content = await readFolder(folder);
    expect(content?.journal.segments).toHaveLength(5);
    expect(content?.journal.end).toMatchObject({ reason: 'crash', endedWallMs: 1_700_000_004_000 });
    expect(await readFile(join(folder, 'v0_1.mp4'))).toHaveLength(3_100);
    expect(await readFile(join(folder, 'a0_1.mp4'))).toHaveLength(2_100);
    const again = await readFolder(folder);
    expect(again?.journal.segments).toHaveLength(5);
    expect(again?.journal.end?.reason).toBe('crash');
  });

  test('is none while media is missing or shorter than it says', async () => {
    await write(madeHead, ...inits, ...segments, ...ended);
    await truncate(join(folder, 'v0_1.mp4'), 3_000);
    expect(await readFolder(folder)).toBeUndefined();
    await rm(join(folder, 'v0_1.mp4'));
    expect(await readFolder(folder)).toBeUndefined();
  });

  test('does not count links: neither the journal nor media', async () => {
    await write(madeHead, ...inits, ...segments, ...ended);
    const elsewhere = join(folder, 'elsewhere');
    await writeFile(elsewhere, Buffer.alloc(3_100));
    await rm(join(folder, 'v0_1.mp4'));
    await symlink(elsewhere, join(folder, 'v0_1.mp4'));
    expect(await readFolder(folder)).toBeUndefined();
    await rm(join(folder, 'index.jsonl'));
    await symlink('/etc/hostname', join(folder, 'index.jsonl'));
    expect(await readFolder(folder)).toBeUndefined();
  });

  test('without a journal is none', async () => {
    expect(await readFolder(folder)).toBeUndefined();
  });
});

test('a folder counts only where no link leads to it', async () => {
  await mkdir(join(folder, 'live', 'one'), { recursive: true });
  await symlink(join(folder, 'live'), join(folder, 'linked'));
  await symlink(join(folder, 'live', 'one'), join(folder, 'live', 'two'));
  expect(await isPlainFolder(folder, 'live', 'one')).toBe(true);
  expect(await isPlainFolder(folder, 'linked', 'one')).toBe(false);
  expect(await isPlainFolder(folder, 'live', 'two')).toBe(false);
  expect(await isPlainFolder(folder, 'live', 'three')).toBe(false);
});
