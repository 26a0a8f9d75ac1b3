import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startFfmpegEpoch } from '#test/kit/hls-ffmpeg.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { readMediaPlaylist } from '#test/kit/hls-reader.ts';
import { streamId } from '#test/kit/hls-rig.ts';
import { openRecordRig, type RecordRig } from '#test/kit/record-rig.ts';
import { until } from '#test/kit/wait.ts';

const script = fileURLToPath(new URL('../kit/record-process.ts', import.meta.url));
const live = streamId('live');
const patience = { timeoutMs: 30_000, everyMs: 50 };
let directory = '';
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'restart-')), 'recordings');
});
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

test('a second gateway leaves the folder to the first, its live streams go on, and it takes over when that one dies', async () => {
  const child = spawn(process.execPath, [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { id } = JSON.parse(line) as { readonly id: string };
    const journal = join(directory, 'live', id, 'index.jsonl');
    await using rig = await openRecordRig({ directory, record: { thumbnails: false } });
    const packager = rig.origin.packager(streamId('mine'));
    await using source = startFfmpegEpoch(1, { rate: 2 });
    packager.accept(source.epoch);
    await until('it waits', () => rig.desk.report.paused === 1, patience);
    expect(rig.desk.problem).toContain(`process ${String(child.pid)} on `);
    expect(rig.warnings).toContain('the folder of the recordings cannot be used');
    const refused = await exchange(`${rig.base}/api/streams/mine/recording`, { method: 'POST' });
    expect([refused.status, JSON.parse(refused.body.toString())]).toMatchObject([
      503,
      { code: 'record-directory-held' },
    ]);
    expect((await exchange(`${rig.base}/hls/mine/index.m3u8`)).status).toBe(200);
    // What the other one has begun it goes on with.
    const before = (await readFile(journal)).length;
    await until('it grows', async () => (await readFile(journal)).length > before, patience);
    expect(await readFile(journal, 'utf8')).not.toContain('"t":"end"');

    child.kill('SIGKILL');
    await exited;
    await until('the other one records', () => rig.desk.report.segmentsWritten > 0, patience);
    expect(rig.desk.problem).toBeUndefined();
    await until(
      'what the dead one had is complete',
      () => rig.desk.find(live, id)?.state === 'complete',
      patience,
    );
    expect(
      rig.desk
        .list()
        .map(({ stream, state }) => `${stream} ${state}`)
        .toSorted(),
    ).toEqual(['live complete', 'mine recording']);
  } finally {
    child.kill('SIGKILL');
  }
}, 90_000);

test('pictures that the end of a gateway prevented are made by the next one', async () => {
  let id: string | undefined;
  {
    await using rig = await openRecordRig({ directory });
    await using source = startFfmpegEpoch(1, { rate: 4 });
    rig.origin.packager(live).accept(source.epoch);
    await until('it is recorded', () => rig.desk.report.segmentsWritten >= 4, patience);
    id = rig.desk.list(live)[0]?.id;
    // The stream is on the air: its recording ends with all else.
    await rig.desk[Symbol.asyncDispose]();
    expect(rig.warnings).not.toContain('no pictures could be made of a recording');
  }
  await using rig = await openRecordRig({ directory });
  await until(
    'they are there',
    () => {
      const found = rig.desk.find(live, id ?? '');
      return found?.poster === true && found.storyboard;
    },
    { timeoutMs: 20_000, everyMs: 50, detail: () => [rig.desk.list(), rig.warnings] },
  );
}, 90_000);

/** Names and statuses of the segments that the playlists list. */
async function listed(
  rig: RecordRig,
): Promise<readonly { readonly name: string; readonly status: number }[]> {
  const url = `${rig.base}/hls/live/index.m3u8`;
  const master = (await exchange(url)).body.toString();
  const found: { readonly name: string; readonly status: number }[] = [];
  for (const name of ['v0', 'a0']) {
    const media = new URL(new RegExp(`[^\\s"]+${name}\\.m3u8`).exec(master)?.[0] ?? '', url);
    const { segments } = readMediaPlaylist((await exchange(media.href)).body.toString());
    for (const { uri } of segments)
      if (uri !== undefined)
        found.push({ name: uri, status: (await exchange(new URL(uri, media).href)).status });
  }
  return found;
}

test('a DVR window that was moved away leaves the playlists, which grow again', async () => {
  const hls = { windowSegments: 4 };
  await using rig = await openRecordRig({ directory, record: { enabled: false, dvrMs: 60_000 }, hls });
  const packager = rig.origin.packager(live);
  await using source = startFfmpegEpoch(1, { rate: 3 });
  packager.accept(source.epoch);
  await until('much is on disk', async () => (await listed(rig)).length > 20, patience);
  await rename(directory, join(directory, '..', 'aside'));
  const first = (await listed(rig))[0]?.name;
  await until('it has left', async () => (await listed(rig)).every(({ status }) => status === 200), patience);
  const left = await listed(rig);
  expect(left.map(({ name }) => name)).not.toContain(first);
  expect(left.length).toBeGreaterThan(4);
  expect(rig.warnings).toContain('segments of a DVR window are gone from the disk');
  await until('it grows again', async () => (await listed(rig)).length > 20, patience);
  expect((await listed(rig)).every(({ status }) => status === 200)).toBe(true);
}, 90_000);
