/**
 * Records until it is killed, or until a small disk was full and had room again; tells its parent in JSON lines what happened.
 * `node record-process.ts DIRECTORY` alone; under `unshare -rm` with a tmpfs at DIRECTORY and `--fill` for the small disk, or
 * `--read-only` for one that nothing can be written to at first.
 */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startFfmpegEpoch } from './hls-ffmpeg.ts';
import { exchange } from './hls-http.ts';
import { streamId } from './hls-rig.ts';
import { openRecordRig } from './record-rig.ts';
import { until } from './wait.ts';

const [directory = '', mode = ''] = process.argv.slice(2);
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const live = streamId('live');

const rig = await openRecordRig({ directory, record: { thumbnails: false } });
const packager = rig.origin.packager(live);
const source = startFfmpegEpoch(1, { rate: 2 });
packager.accept(source.epoch);
const written = (): number => rig.desk.report.segmentsWritten;
const reaches = (count: number): Promise<unknown> =>
  until(`${count} segments are written`, () => written() >= count, {
    timeoutMs: 30_000,
    everyMs: 50,
    detail: () => [rig.desk.report, rig.warnings],
  });
if (mode === '--read-only') await becomeWritable();
await reaches(6);
say({ ffmpeg: 'runs', written: written(), id: rig.desk.list(live)[0]?.id });
if (mode === '--fill') {
  await fillDisk();
  const before = written();
  await until('recording pauses', () => rig.desk.report.paused === 1, { timeoutMs: 20_000, everyMs: 50 });
  const { problem } = rig.desk.report;
  const state = rig.desk.list(live)[0]?.state;
  const segment = packager.report.renditions[0]?.segment ?? 0;
  await until('live goes on', () => (packager.report.renditions[0]?.segment ?? 0) > segment + 1, {
    timeoutMs: 20_000,
  });
  const playlist = await exchange(`${rig.base}/hls/live/index.m3u8`);
  const lost = written() - before;
  await rm(join(directory, '.ballast'));
  const freedMs = performance.now();
  await reaches(written() + 4);
  say({ problem, state, lost, live: playlist.status, resumedAfterMs: performance.now() - freedMs });
  await source[Symbol.asyncDispose]();
  packager.finish();
  await until('it is complete', () => rig.desk.list(live)[0]?.state === 'complete', { timeoutMs: 10_000 });
  const recording = rig.desk.list(live)[0];
  const text = await exchange(`${rig.base}/vod/live/${recording?.id ?? ''}/v0.m3u8`);
  say({ recording, text: text.body.toString() });
  await rig[Symbol.asyncDispose]();
} else {
  // FFmpeg must not outlive us: we are about to be killed.
  process.stdin.on('end', () => source.kill()).resume();
  await reaches(1_000_000);
}

/** Looks at a disk that takes nothing, and then at the same disk when it does. */
async function becomeWritable(): Promise<void> {
  const segment = (): number => packager.report.renditions[0]?.segment ?? 0;
  await until('live goes on', () => segment() > 6, { timeoutMs: 30_000, everyMs: 50 });
  const playlist = await exchange(`${rig.base}/hls/live/index.m3u8`);
  const { problem } = rig.desk.report;
  const before = written();
  await promisify(execFile)('mount', ['-o', 'remount,rw', directory]);
  const writableMs = performance.now();
  await reaches(before + 1);
  say({ problem, before, live: playlist.status, resumedAfterMs: performance.now() - writableMs });
}

/** Takes all the room there is. */
async function fillDisk(): Promise<void> {
  for (const bytes of [64 * 1024, 4096]) {
    for (;;) {
      try {
        await writeFile(join(directory, '.ballast'), Buffer.alloc(bytes), { flag: 'a' });
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') break;
        throw error;
      }
    }
  }
}
