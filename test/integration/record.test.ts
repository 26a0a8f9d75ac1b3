import { execFile } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import HLS from 'hls-parser';
import { createFile, MP4BoxBuffer, type Movie } from 'mp4box';
import { describe, expect, test } from 'vitest';
import type { RecordingStatus } from '#src/core/record.ts';
import { startFfmpegEpoch } from '#test/kit/hls-ffmpeg.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { streamId } from '#test/kit/hls-rig.ts';
import { openRecordRig, type RecordRig } from '#test/kit/record-rig.ts';
import { until } from '#test/kit/wait.ts';

const run = promisify(execFile);
const live = streamId('live');

interface Probe {
  readonly format: { readonly duration: string };
  readonly streams: readonly { readonly codec_type: string; readonly start_time: string }[];
}

async function probe(target: string): Promise<Probe> {
  const options = ['-v', 'error', '-show_format', '-show_streams', '-of', 'json'];
  const { stdout, stderr } = await run('ffprobe', [...options, target], { timeout: 30_000 });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Probe;
}

/** What mp4box makes of a file. */
function readMovie(bytes: Uint8Array): Movie | undefined {
  const file = createFile();
  let movie: Movie | undefined;
  file.onReady = (info) => (movie = info);
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0), true);
  file.flush();
  return movie;
}

/** Broadcasts this many epochs of real FFmpeg output, until each has given some segments. */
async function broadcast(rig: RecordRig, epochs: number, segments: number): Promise<void> {
  const packager = rig.origin.packager(live);
  for (let number = 1; number <= epochs; number++) {
    await using source = startFfmpegEpoch(number, { rate: 4 });
    const from = rig.desk.report.segmentsWritten;
    packager.accept(source.epoch);
    await until('segments are recorded', () => rig.desk.report.segmentsWritten >= from + segments, {
      timeoutMs: 30_000,
      detail: () => [rig.desk.report, rig.warnings],
    });
  }
  packager.finish();
}

/** Fetches the first keyframe of a playlist of keyframes, with its init segment, and decodes it. */
async function showPicture(url: string, playlist: string, file: string): Promise<void> {
  const [, map] = /^#EXT-X-MAP:URI="v0_1\.mp4",BYTERANGE="(\d+)@0"$/m.exec(playlist) ?? [];
  const [, length, offset] = /^#EXT-X-BYTERANGE:(\d+)@(\d+)\nv0_1\.mp4$/m.exec(playlist) ?? [];
  const ranges = [`0-${Number(map) - 1}`, `${offset ?? ''}-${Number(offset) + Number(length) - 1}`];
  const parts: Buffer[] = [];
  for (const range of ranges) {
    const part = await exchange(`${url}/v0_1.mp4`, { headers: { Range: `bytes=${range}` } });
    expect(part.status).toBe(206);
    parts.push(part.body);
  }
  expect(parts[1]?.length).toBe(Number(length));
  await writeFile(file, Buffer.concat(parts));
  const decode = [
    '-v',
    'error',
    '-xerror',
    '-i',
    file,
    '-frames:v',
    '1',
    '-f',
    'rawvideo',
    '-y',
    `${file}.raw`,
  ];
  await run('ffmpeg', decode, { timeout: 30_000 });
  expect((await readFile(`${file}.raw`)).length).toBeGreaterThan(0);
}

function complete(rig: RecordRig): Promise<RecordingStatus> {
  return until(
    'the recording is complete',
    () => rig.desk.list(live).find((one) => one.state === 'complete'),
    {
      timeoutMs: 10_000,
      detail: () => [rig.desk.list(), rig.warnings],
    },
  );
}

describe('a recording of real media', () => {
  test('is a VOD the moment the stream ends, with its discontinuity, an MP4 and pictures', async () => {
    await using rig = await openRecordRig();
    await broadcast(rig, 2, 8);
    const recording = await complete(rig);
    expect(recording.discontinuities).toBe(1);
    const url = `${rig.base}/vod/live/${recording.id}`;

    const master = await exchange(`${url}/index.m3u8`);
    expect(master.status).toBe(200);
    const parsed = HLS.parse(master.body.toString()) as HLS.types.MasterPlaylist;
    expect(parsed.variants.map(({ uri }) => uri)).toEqual(['v0.m3u8', 'v0i.m3u8']);
    for (const name of ['v0', 'a0']) {
      const text = (await exchange(`${url}/${name}.m3u8`)).body.toString();
      const media = HLS.parse(text) as HLS.types.MediaPlaylist;
      expect(media.endlist).toBe(true);
      expect(media.playlistType).toBe('EVENT');
      expect(text.match(/#EXT-X-DISCONTINUITY$/gm)).toHaveLength(1);
      const listedS = media.segments.reduce((sum, segment) => sum + segment.duration, 0);
      const read = await probe(`${url}/${name}.m3u8`);
      expect(read.streams).toHaveLength(1);
      expect(listedS).toBeGreaterThan(3);
    }

    const pictures = (await exchange(`${url}/v0i.m3u8`)).body.toString();
    expect((HLS.parse(pictures) as HLS.types.MediaPlaylist).isIFrame).toBe(true);
    await showPicture(url, pictures, join(rig.directory, 'picture.mp4'));

    for (const name of ['v0_1.mp4', 'v0_2.mp4', 'a0_1.mp4', 'a0_2.mp4']) {
      const movie = readMovie((await exchange(`${url}/${name}`)).body);
      expect([movie?.tracks.length, movie?.isFragmented], name).toEqual([1, true]);
    }

    const mp4 = await exchange(`${url}.mp4`);
    expect(mp4.status).toBe(200);
    expect(mp4.headers['content-disposition']).toContain(`live-${recording.id}.mp4`);
    const file = join(rig.directory, 'live', recording.id, 'download.mp4');
    const read = await probe(file);
    expect(read.streams.map((stream) => stream.codec_type).toSorted()).toEqual(['audio', 'video']);
    expect(Math.abs(Number(read.format.duration) * 1000 - recording.durationMs)).toBeLessThan(700);
    const starts = read.streams.map((stream) => Number(stream.start_time));
    expect(Math.abs((starts[0] ?? 0) - (starts[1] ?? 0))).toBeLessThan(0.3);
    const bytes = await readFile(file);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    await run('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-'], { timeout: 60_000 });

    const pictured = await until(
      'pictures are made',
      () => {
        const found = rig.desk.find(live, recording.id);
        return found?.poster === true && found.storyboard ? found : undefined;
      },
      { timeoutMs: 30_000, detail: () => rig.warnings },
    );
    expect(pictured.download).toEqual({ state: 'ready', progress: 1 });
    const poster = await exchange(`${url}/poster.jpg`);
    expect([poster.status, poster.headers['content-type']]).toEqual([200, 'image/jpeg']);
    expect((await exchange(`${url}/storyboard.vtt`)).body.toString()).toMatch(
      /^WEBVTT\n\n00:00:00\.000 --> 00:00:02\.000\nstoryboard\.jpg#xywh=0,0,160,90\n/,
    );
    expect((await exchange(`${url}/storyboard.jpg`)).status).toBe(200);
    expect(rig.warnings).toEqual([]);
  });

  test('appears, disappears and comes back as operators move it', async () => {
    await using rig = await openRecordRig({ record: { thumbnails: false } });
    await broadcast(rig, 1, 4);
    const { id } = await complete(rig);
    const folder = join(rig.directory, 'live', id);
    const elsewhere = join(rig.directory, '.elsewhere');
    const seen = (): boolean => rig.desk.find(live, id) !== undefined;
    await rename(folder, elsewhere);
    await until('it is gone', () => !seen(), { timeoutMs: 10_000 });
    expect((await exchange(`${rig.base}/vod/live/${id}/index.m3u8`)).status).toBe(404);
    await rename(elsewhere, folder);
    await until('it is back', seen, { timeoutMs: 10_000 });
    const media = join(folder, 'v0_1.mp4');
    const bytes = await readFile(media);
    await writeFile(media, bytes.subarray(0, bytes.length - 10));
    await until('a damaged one is not offered', () => !seen(), { timeoutMs: 10_000 });
    await writeFile(media, bytes);
    await until('it was mended', seen, { timeoutMs: 10_000 });
    expect((await exchange(`${rig.base}/vod/live/${id}/index.m3u8`)).status).toBe(200);
  });
});
