import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startFfmpegEpoch } from '#test/kit/hls-ffmpeg.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { readMediaPlaylist } from '#test/kit/hls-reader.ts';
import { streamId } from '#test/kit/hls-rig.ts';
import { walkLiveStream } from '#test/kit/hls-walker.ts';
import { openRecordRig } from '#test/kit/record-rig.ts';
import { until } from '#test/kit/wait.ts';

/** Four seconds of media in memory, sixty on disk. */
const settings = {
  record: { enabled: false, dvrMs: 60_000 },
  hls: { windowSegments: 4 },
};

test('a playlist that reaches back onto the disk keeps every rule, and all of it can be fetched', async () => {
  await using rig = await openRecordRig(settings);
  const packager = rig.origin.packager(streamId('live'));
  await using source = startFfmpegEpoch(1, { rate: 3 });
  packager.accept(source.epoch);
  const url = `${rig.base}/hls/live/index.m3u8`;
  await until('media is spooled', () => rig.desk.report.spoolBytes > 0, { timeoutMs: 30_000 });
  const findings = await walkLiveStream(url, { seconds: 4 });
  expect(findings.problems).toEqual([]);

  const master = (await exchange(url)).body.toString();
  const mediaUrl = new URL(/^\S+v0\.m3u8$/m.exec(master)?.[0] ?? '', url);
  const text = (await exchange(mediaUrl.href)).body.toString();
  expect(text).not.toContain('EXT-X-PLAYLIST-TYPE');
  const { segments } = readMediaPlaylist(text);
  const complete = segments.filter((segment) => segment.uri !== undefined);
  expect(complete.reduce((sum, { durationS }) => sum + durationS, 0)).toBeGreaterThan(7);
  for (const segment of complete) {
    const answer = await exchange(new URL(segment.uri ?? '', mediaUrl).href);
    expect([answer.status, answer.headers['cache-control']]).toEqual([
      200,
      'public, max-age=3600, immutable',
    ]);
    expect(answer.body.subarray(4, 8).toString()).toBe('moof');
  }
  const delta = readMediaPlaylist((await exchange(`${mediaUrl.href}?_HLS_skip=YES`)).body.toString());
  expect(delta.skipped).toBeGreaterThan(0);

  const [folder = ''] = await readdir(join(rig.directory, '.dvr'));
  expect((await stat(join(rig.directory, '.dvr', folder))).mode & 0o777).toBe(0o700);
  packager.finish();
  await packager[Symbol.asyncDispose]();
  await until('the folder is gone', async () => (await readdir(join(rig.directory, '.dvr'))).length === 0, {
    timeoutMs: 5_000,
  });
  expect(rig.warnings).toEqual([]);
}, 60_000);

/** What the playlist of the pictures lists, in seconds. */
async function listedS(url: string): Promise<number> {
  const master = (await exchange(url)).body.toString();
  const mediaUrl = new URL(/^\S+v0\.m3u8$/m.exec(master)?.[0] ?? '', url);
  const { segments } = readMediaPlaylist((await exchange(mediaUrl.href)).body.toString());
  return segments.reduce((sum, { durationS }) => sum + durationS, 0);
}

test('where the disk takes nothing, the playlist is as long as memory, and players go on', async () => {
  await using rig = await openRecordRig(settings);
  // A file where the folder should be: every write fails.
  await writeFile(join(rig.directory, '.dvr'), '');
  const packager = rig.origin.packager(streamId('live'));
  await using source = startFfmpegEpoch(1, { rate: 4 });
  packager.accept(source.epoch);
  await until('much was made', () => (packager.report.renditions[0]?.segment ?? 0) > 20, {
    timeoutMs: 30_000,
  });
  expect(rig.desk.report.problem).toContain('ENOTDIR');
  const url = `${rig.base}/hls/live/index.m3u8`;
  const findings = await walkLiveStream(url, { seconds: 2 });
  const seconds = await listedS(url);
  expect(seconds).toBeGreaterThanOrEqual(3.9);
  // The oldest segment leaves when what remains is enough.
  expect(seconds).toBeLessThan(7);
  expect(findings.problems).toEqual([]);
  expect(rig.warnings).toContain('the DVR window cannot be written');
}, 60_000);
