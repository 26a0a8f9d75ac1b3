import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#src/core/clock.ts';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import { silentLog } from '#src/core/log.ts';
import type { SegmentListener } from '#src/core/record.ts';
import { recordConfig, type RecordConfig } from '#src/record/config.ts';
import { openRecordings, type Recordings } from '#src/record/desk.ts';
import { madeSegment } from '#test/kit/record-segments.ts';
import { until } from '#test/kit/wait.ts';

const live = parseStreamId('live') as StreamId;
const patience = { timeoutMs: 10_000, everyMs: 20 };
let directory = '';

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'desk-')), 'recordings');
});
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

function openDesk(more: Partial<RecordConfig> = {}): Promise<Recordings> {
  const deps = { clock: systemClock, log: silentLog, ffmpegPath: undefined, targetDurationMs: 8_000 };
  return openRecordings(deps, recordConfig.parse({ enabled: true, minFreeBytes: 0, directory, ...more }));
}

/** Records so many segments of each rendition, from a time on. */
function give(listener: SegmentListener | undefined, from: number, count: number): void {
  for (let index = from; index < from + count; index++)
    for (const kind of ['video', 'audio'] as const) listener?.segment(madeSegment(kind, index));
}

async function record(desk: Recordings, stream: StreamId, from: number, count: number): Promise<string> {
  const before = desk.list(stream).filter(({ state }) => state === 'complete').length;
  const listener = desk.listener(stream, 'incarnation');
  give(listener, from, count);
  listener?.ended();
  return until(
    'it is complete',
    () => {
      const complete = desk.list(stream).filter(({ state }) => state === 'complete');
      return complete.length > before ? complete[0]?.id : undefined;
    },
    patience,
  );
}

describe('the recordings of a node', () => {
  test('are off unless the settings say otherwise', async () => {
    await using desk = await openDesk({ enabled: false });
    expect(desk.listener(live, 'x')).toBeUndefined();
    expect(desk.spool(live, 'x')).toBeUndefined();
    await expect(desk.start(live)).rejects.toMatchObject({ code: 'recording-disabled' });
    await expect(readdir(directory)).rejects.toThrow('ENOENT');
  });

  test('are those of matching streams, and others on request', async () => {
    await using desk = await openDesk({ streams: ['show-*'] });
    const show = parseStreamId('show-1') as StreamId;
    const [first, second] = [desk.listener(show, 'a'), desk.listener(live, 'b')];
    give(first, 0, 1);
    give(second, 0, 1);
    await until('one is recorded', () => desk.report.segmentsWritten === 2, patience);
    expect(desk.list()).toHaveLength(1);
    expect(desk.list()[0]).toMatchObject({ stream: 'show-1', state: 'recording', durationMs: 2_000 });
    expect(await desk.start(live)).toMatchObject({ stream: 'live', state: 'recording', durationMs: 2_000 });
    expect(await desk.stop(live)).toMatchObject({ stream: 'live', state: 'complete' });
    await expect(desk.stop(live)).rejects.toMatchObject({ code: 'not-being-recorded' });
    const gone = parseStreamId('gone') as StreamId;
    await expect(desk.start(gone)).rejects.toMatchObject({ code: 'recording-not-on-air' });
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  test('outlive a restart, and are complete after it', async () => {
    {
      await using desk = await openDesk();
      give(desk.listener(live, 'a'), 0, 2);
      await until('it grows', () => desk.report.segmentsWritten === 4, patience);
    }
    await using desk = await openDesk();
    expect(desk.list()).toMatchObject([{ stream: 'live', state: 'complete', durationMs: 4_000 }]);
  });

  test('make room from the oldest on, and never touch the one that grows', async () => {
    await using desk = await openDesk({ maxRecordings: 2 });
    const first = await record(desk, live, 0, 1);
    const second = await record(desk, live, 10, 1);
    const listener = desk.listener(live, 'c');
    give(listener, 20, 1);
    await until('the third grows', () => desk.report.active === 1, patience);
    await desk.sweep();
    const left = desk.list().map(({ id }) => id);
    expect(left).toHaveLength(2);
    expect(left).not.toContain(first);
    expect(left).toContain(second);
    expect((await readdir(join(directory, 'live'))).toSorted()).toEqual(left.toSorted());
    expect(desk.report.removedByRetention).toBe(1);
  });

  test('go on in another folder when the one that grows is taken away', async () => {
    await using desk = await openDesk();
    const listener = desk.listener(live, 'a');
    give(listener, 0, 1);
    // All of it: what is written while the folder is removed is there again.
    await until('it is written', () => desk.report.segmentsWritten === 2, patience);
    const [taken] = desk.list();
    await rm(join(directory, 'live', taken?.id ?? ''), { recursive: true });
    await until('it is gone', () => desk.report.active === 0, patience);
    give(listener, 1, 1);
    await until('another grows', () => desk.report.active === 1, patience);
    expect(desk.list()[0]?.id).not.toBe(taken?.id);
  });

  test('are only what lies in plain folders with our names', async () => {
    const elsewhere = join(directory, '..', 'elsewhere');
    {
      await using desk = await openDesk({ directory: elsewhere });
      await record(desk, live, 0, 1);
    }
    const [id = ''] = await readdir(join(elsewhere, 'live'));
    await mkdir(join(directory, 'live', 'not-ours'), { recursive: true });
    await writeFile(join(directory, 'live', 'file'), '');
    await symlink(join(elsewhere, 'live'), join(directory, 'linked'));
    await symlink(join(elsewhere, 'live', id), join(directory, 'live', id));
    await using desk = await openDesk();
    expect(desk.list()).toEqual([]);
    await expect(
      desk.open({ stream: live, id, name: 'index.m3u8' }, AbortSignal.timeout(5_000)),
    ).rejects.toMatchObject({ code: 'no-such-recording' });
  });

  test('say what they cannot do', async () => {
    await using desk = await openDesk();
    const id = await record(desk, live, 0, 1);
    const open = (name: string): Promise<unknown> =>
      desk.open({ stream: live, id, name }, AbortSignal.timeout(5_000));
    await expect(open('download.mp4')).rejects.toMatchObject({ code: 'recording-unmakeable' });
    await expect(open('v7.m3u8')).rejects.toMatchObject({ code: 'no-such-recording-file' });
    await expect(open('poster.jpg')).rejects.toMatchObject({ code: 'no-such-recording-file' });
    give(desk.listener(live, 'b'), 5, 1);
    await until('another grows', () => desk.report.active === 1, patience);
    const growing = desk.list().find(({ state }) => state === 'recording')?.id ?? '';
    await expect(desk.remove(live, growing)).rejects.toMatchObject({ code: 'recording-active' });
    await desk.remove(live, id);
    await expect(desk.remove(live, id)).rejects.toMatchObject({ code: 'no-such-recording' });
  });
});

describe('two gateways with one folder', () => {
  const held = { kind: 'unavailable', code: 'record-directory-held' };

  test('do not write into what the other one has, and the second goes on where the first ends', async () => {
    const first = await openDesk();
    const done = await record(first, live, 0, 1);
    const listener = first.listener(live, 'a');
    give(listener, 10, 1);
    await until('another is written', () => first.report.segmentsWritten === 4, patience);
    const growing = first.list().find(({ state }) => state === 'recording')?.id ?? '';
    const journal = join(directory, 'live', growing, 'index.jsonl');
    const before = await readFile(journal, 'utf8');

    await using second = await openDesk({ maxRecordings: 1 });
    // What is complete can be watched there too.
    expect(second.list().map(({ id }) => id)).toEqual([done]);
    expect(second.problem).toContain('record.directory');
    const waiting = second.listener(live, 'b');
    give(waiting, 10, 1);
    await until('it is told that it cannot', () => second.report.paused === 1, patience);
    expect(second.report).toMatchObject({ active: 0, segmentsWritten: 0, problem: second.problem });
    await expect(second.start(live)).rejects.toMatchObject(held);
    await expect(second.remove(live, done)).rejects.toMatchObject(held);
    await second.sweep();
    expect(await readFile(journal, 'utf8')).toBe(before);
    expect((await readdir(join(directory, 'live'))).toSorted()).toEqual([done, growing].toSorted());

    give(listener, 11, 2);
    listener?.ended();
    await first[Symbol.asyncDispose]();
    expect(await readFile(journal, 'utf8')).toContain('"reason":"ended"');
    let index = 11;
    await until(
      'the second records',
      () => {
        give(waiting, index++, 1);
        return second.report.active === 1;
      },
      { ...patience, everyMs: 100 },
    );
    expect(second.problem).toBeUndefined();
    // The limits are its own business now: one, and that grows.
    await second.sweep();
    expect(second.list()).toMatchObject([{ state: 'recording' }]);
  });

  test('keep their DVR windows apart: the second has none until the first has ended', async () => {
    const dvr = { enabled: false, dvrMs: 60_000 };
    const name = 'v0_e1_s1.m4s';
    const first = await openDesk(dvr);
    const spool = first.spool(live, 'a');
    spool?.put(name, [Buffer.from('one')]);
    await until('it is kept', () => spool?.state(name) === 'kept', patience);
    await using second = await openDesk(dvr);
    const waiting = second.spool(live, 'b');
    waiting?.put(name, [Buffer.from('two')]);
    expect(waiting?.state(name)).toBe('lost');
    expect(await readdir(join(directory, '.dvr'))).toEqual(['live.a']);
    expect(Buffer.from((await spool?.read(name)) ?? []).toString()).toBe('one');
    await spool?.[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await until(
      'the second keeps something',
      () => {
        waiting?.put(name, [Buffer.from('two')]);
        return waiting?.state(name) === 'kept';
      },
      patience,
    );
    await waiting?.[Symbol.asyncDispose]();
  });

  test('leave each other alone: one that keeps nothing removes old DVR windows, unless they are in use', async () => {
    const nothing = { enabled: false, dvrMs: 0 };
    const left = join(directory, '.dvr', 'live.crashed');
    {
      await using user = await openDesk({ enabled: false, dvrMs: 60_000 });
      await mkdir(left, { recursive: true });
      await using desk = await openDesk(nothing);
      expect([desk.problem, user.problem]).toEqual([undefined, undefined]);
      expect(await readdir(join(directory, '.dvr'))).toEqual(['live.crashed']);
    }
    await using desk = await openDesk(nothing);
    expect(desk.problem).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
  });
});
