import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '#src/core/clock.ts';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import { silentLog } from '#src/core/log.ts';
import { readFolder } from '#src/record/folder.ts';
import { StreamRecorder } from '#src/record/recorder.ts';
import { madeSegment } from '#test/kit/record-segments.ts';

const live = parseStreamId('live') as StreamId;
let root = '';
let nowMs = 0;
const clock: Clock = { nowMs: () => nowMs, wallMs: () => 1_700_000_100_000 };
const counters = { bytesWritten: 0, segmentsWritten: 0, segmentsLost: 0, writeErrors: 0 };
let heard: string[] = [];
let obstacle: string | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'recorder-'));
  nowMs = 0;
  heard = [];
  obstacle = undefined;
  Object.assign(counters, { bytesWritten: 0, segmentsWritten: 0, segmentsLost: 0, writeErrors: 0 });
});
afterEach(() => rm(root, { recursive: true, force: true }));

function openRecorder(more: { readonly maxQueuedBytes?: number; readonly minFreeBytes?: number } = {}) {
  return new StreamRecorder({
    stream: live,
    root,
    clock,
    log: silentLog,
    counters,
    config: { maxQueuedBytes: 1e6, minFreeBytes: 0, ...more },
    targetDurationMs: 8_000,
    obstacle: () => obstacle,
    onBegun: () => void heard.push('begun'),
    onEnded: () => {
      heard.push('ended');
      return Promise.resolve();
    },
    onOver: () => void heard.push('over'),
  });
}

/** Both renditions of so many segments. */
async function give(recorder: StreamRecorder, indexes: readonly number[], run = 1): Promise<void> {
  for (const index of indexes) {
    recorder.segment(madeSegment('audio', index, { run }));
    recorder.segment(madeSegment('video', index, { run }));
    await recorder.settled();
  }
}

async function recordings(): Promise<readonly string[]> {
  return (await readdir(join(root, 'live'))).map((id) => join(root, 'live', id));
}

describe('a recorder', () => {
  test('writes nothing while the folder is somebody else’s, and begins as soon as it is ours', async () => {
    const recorder = openRecorder();
    recorder.start();
    obstacle = 'it is in use';
    await give(recorder, [0, 1]);
    expect([recorder.problem, recorder.id, counters.segmentsLost]).toEqual(['it is in use', undefined, 4]);
    expect(await readdir(root)).toEqual([]);
    obstacle = undefined;
    await give(recorder, [2]);
    expect([recorder.problem, counters.segmentsWritten, counters.writeErrors]).toEqual([undefined, 2, 0]);
    await recorder.stop();
    expect(heard).toEqual(['begun', 'ended']);
  });

  test('survives that its recording is taken away in the middle of a segment', async () => {
    const recorder = openRecorder();
    recorder.start();
    await give(recorder, [0]);
    for (const kind of ['audio', 'video'] as const) recorder.segment(madeSegment(kind, 1));
    await recorder.abandon();
    await recorder.settled();
    nowMs += 2_000;
    await give(recorder, [2]);
    await recorder.stop();
    expect(heard).toEqual(['begun', 'begun', 'ended']);
    expect(await recordings()).toHaveLength(2);
  });

  test('writes what it hears, whole', async () => {
    const recorder = openRecorder();
    recorder.start();
    await give(recorder, [0, 1, 2]);
    recorder.ended();
    await recorder.settled();
    const [folder = ''] = await recordings();
    const content = await readFolder(folder);
    expect(content?.journal.segments).toHaveLength(6);
    expect(content?.journal.end?.reason).toBe('ended');
    expect(await readFile(join(folder, 'v0_1.mp4'), 'utf8')).toBe('map of v0v0#0.morev0#1.morev0#2.more');
    expect(heard).toEqual(['begun', 'ended', 'over']);
    expect(counters).toMatchObject({ segmentsWritten: 6, segmentsLost: 0, writeErrors: 0 });
  });

  test('that is started late begins with what is complete, and may stop and start again', async () => {
    const recorder = openRecorder();
    await give(recorder, [0, 1]);
    recorder.start();
    await give(recorder, [2]);
    await recorder.stop();
    await give(recorder, [3]);
    recorder.start();
    await recorder.stop();
    const folders = (await recordings()).toSorted();
    const listed = await Promise.all(
      folders.map(async (folder) => (await readFolder(folder))?.journal.segments),
    );
    expect(listed.map((segments) => segments?.map(({ startMs }) => startMs))).toEqual([
      [2_000, 2_000, 4_000, 4_000],
      [6_000, 6_000],
    ]);
  });

  test('puts every life of the encoder into files of its own', async () => {
    const recorder = openRecorder();
    recorder.start();
    await give(recorder, [0, 1]);
    await give(recorder, [2], 2);
    recorder.ended();
    await recorder.settled();
    const [folder = ''] = await recordings();
    expect((await readdir(folder)).toSorted()).toEqual([
      'a0_1.mp4',
      'a0_2.mp4',
      'index.jsonl',
      'v0_1.mp4',
      'v0_2.mp4',
    ]);
  });

  test('that cannot write says why, loses no more than it must, and begins a stretch when it can', async () => {
    await writeFile(join(root, 'live'), 'in the way');
    const recorder = openRecorder();
    recorder.start();
    await give(recorder, [0]);
    expect(recorder.problem).toMatch(/EEXIST|ENOTDIR/);
    await rm(join(root, 'live'));
    await give(recorder, [1]);
    expect(recorder.problem).toBeDefined();
    nowMs = 1_000;
    await give(recorder, [2, 3]);
    expect(recorder.problem).toBeUndefined();
    recorder.ended();
    await recorder.settled();
    const [folder = ''] = await recordings();
    const content = await readFolder(folder);
    expect(content?.journal.segments.map(({ startMs }) => startMs)).toEqual([4_000, 4_000, 6_000, 6_000]);
    expect(counters).toMatchObject({ segmentsWritten: 4, segmentsLost: 4, writeErrors: 1 });
  });

  test('leaves room on the disk for others', async () => {
    const recorder = openRecorder({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    recorder.start();
    await give(recorder, [0]);
    expect(recorder.problem).toContain('record.minFreeBytes');
    recorder.ended();
    await recorder.settled();
  });

  test('holds a bounded amount for a slow disk; what is missing is a discontinuity', async () => {
    const recorder = openRecorder({ maxQueuedBytes: 30 });
    recorder.start();
    for (const index of [0, 1, 2, 3, 4]) recorder.segment(madeSegment('video', index));
    await recorder.settled();
    recorder.segment(madeSegment('video', 9));
    await recorder.settled();
    recorder.ended();
    await recorder.settled();
    const [folder = ''] = await recordings();
    const segments = (await readFolder(folder))?.journal.segments ?? [];
    expect(counters.segmentsLost).toBeGreaterThan(0);
    expect(segments.length + counters.segmentsLost).toBe(6);
    expect(segments.at(-1)).toMatchObject({ startMs: 18_000, stretch: 2 });
  });

  test('whose folder was taken away goes on in another', async () => {
    const recorder = openRecorder();
    recorder.start();
    await give(recorder, [0]);
    const [first = ''] = await recordings();
    await rm(first, { recursive: true });
    await recorder.abandon();
    await give(recorder, [1]);
    recorder.ended();
    await recorder.settled();
    const [folder = ''] = await recordings();
    expect(folder).not.toBe(first);
    expect((await readFolder(folder))?.journal.segments.map(({ startMs }) => startMs)).toEqual([
      2_000, 2_000,
    ]);
  });
});
