import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startFfmpegEpoch } from '#test/kit/hls-ffmpeg.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { readMediaPlaylist } from '#test/kit/hls-reader.ts';
import { streamId } from '#test/kit/hls-rig.ts';
import { openRecordRig } from '#test/kit/record-rig.ts';
import { until } from '#test/kit/wait.ts';

const run = promisify(execFile);
const [tileWidth, tileHeight] = [160, 90];
/** The picture becomes brighter with every one of its 30 frames a second, and dark again after 2000; reckoned for few pixels. */
const filter = "scale=16:9,geq=lum='mod(N/10,200)+20':cb=128:cr=128,scale=320:180";

/** How far a brightness is from that of a moment; a JPEG has all values from black to white. */
function distanceTo(atS: number, luma: number): number {
  const off = Math.abs((luma * 219) / 255 + 16 - 20 - ((atS * 3) % 200));
  return Math.min(off, 200 - off);
}

interface Cue {
  readonly name: string;
  readonly startS: number;
  readonly endS: number;
  readonly uri: string;
  readonly xywh: readonly number[];
}

function readCues(text: string): readonly Cue[] {
  const seconds = (stamp: string): number =>
    stamp.split(':').reduce((sum, field) => sum * 60 + Number(field), 0);
  const [header, ...blocks] = text.trim().split('\n\n');
  expect(header).toBe('WEBVTT');
  return blocks.map((block) => {
    const lines = block.split('\n');
    const [start = '', end = ''] = (lines.at(-2) ?? '').split(' --> ');
    const [uri = '', place = ''] = (lines.at(-1) ?? '').split('#xywh=');
    const name = lines.length > 2 ? (lines[0] ?? '') : '';
    return { name, startS: seconds(start), endS: seconds(end), uri, xywh: place.split(',').map(Number) };
  });
}

/** Mean brightness of every tile of an image, from the left, and the image's size. */
async function lumaOfTiles(jpeg: Uint8Array): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tiles-'));
  try {
    const file = join(folder, 'row.jpg');
    await writeFile(file, jpeg);
    const raw = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-'];
    const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, ...raw], {
      encoding: 'buffer',
      timeout: 30_000,
    });
    const width = stdout.length / tileHeight;
    expect(width % tileWidth).toBe(0);
    const middle = Math.floor(tileHeight / 2) * width + tileWidth / 2;
    return Array.from({ length: width / tileWidth }, (_, index) => stdout[middle + index * tileWidth] ?? 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('a live stream has pictures for seeking that show what was to be seen then', async () => {
  await using rig = await openRecordRig({
    record: { enabled: false },
    hls: { storyboard: true, windowSegments: 1_000 },
  });
  const packager = rig.origin.packager(streamId('live'));
  await using source = startFfmpegEpoch(1, { rate: 4, filter });
  packager.accept(source.epoch);
  const url = `${rig.base}/hls/live/storyboard.vtt`;
  const cuesNow = async (): Promise<readonly Cue[]> => readCues((await exchange(url)).body.toString());
  const cues = await until(
    'there are pictures',
    async () => {
      const found = await cuesNow();
      return new Set(found.map(({ uri }) => uri)).size >= 2 ? found : undefined;
    },
    { timeoutMs: 120_000, detail: () => rig.warnings },
  );

  const listed = await exchange(url);
  expect([listed.headers['content-type'], listed.headers['cache-control']]).toEqual([
    'text/vtt; charset=utf-8',
    'max-age=2',
  ]);
  const master = (await exchange(`${rig.base}/hls/live/index.m3u8`)).body.toString();
  const mediaUrl = new URL(/^\S+v0\.m3u8$/m.exec(master)?.[0] ?? '', url);
  const playlist = readMediaPlaylist((await exchange(mediaUrl.href)).body.toString());
  const brightnessAt = new Map<string, number>();
  const firstWallMs = cues.map(({ name }) => Date.parse(name))[0] ?? NaN;
  for (const uri of new Set(cues.map((cue) => cue.uri))) {
    const image = await exchange(new URL(uri, url).href);
    expect([image.status, image.headers['content-type'], image.headers['cache-control']]).toEqual([
      200,
      'image/jpeg',
      'public, max-age=3600, immutable',
    ]);
    const tiles = await lumaOfTiles(image.body);
    for (const { name, xywh } of cues.filter((cue) => cue.uri === uri)) {
      const [x = NaN, ...rest] = xywh;
      expect(rest).toEqual([0, tileWidth, tileHeight]);
      brightnessAt.set(name, tiles[x / tileWidth] ?? NaN);
    }
  }
  for (const [index, { name, startS, endS }] of cues.entries()) {
    const atS = (Date.parse(name) - firstWallMs) / 1000;
    // Nothing has left the window yet, so all of it counts from the stream's beginning: the list, the clock and the pictures.
    expect(startS).toBeCloseTo(atS, 1);
    expect(endS).toBeGreaterThan(startS);
    if (index > 0) expect(cues[index - 1]?.endS).toBeCloseTo(startS, 3);
    // Those beside it are two seconds away, which is 6.
    expect(distanceTo(atS, brightnessAt.get(name) ?? NaN), name).toBeLessThan(2.5);
    const segment = playlist.segments.find(({ wallMs }) => wallMs === Date.parse(name));
    expect(segment).toBeDefined();
  }
  expect(rig.warnings).toEqual([]);
}, 180_000);

test('where they are not asked for there are none', async () => {
  await using rig = await openRecordRig({ record: { enabled: false } });
  const packager = rig.origin.packager(streamId('live'));
  await using source = startFfmpegEpoch(1, { rate: 4 });
  packager.accept(source.epoch);
  await until('it plays', async () => (await exchange(`${rig.base}/hls/live/index.m3u8`)).status === 200, {
    timeoutMs: 30_000,
  });
  const answer = await exchange(`${rig.base}/hls/live/storyboard.vtt`);
  expect([answer.status, JSON.parse(answer.body.toString())]).toMatchObject([
    404,
    { code: 'hls-no-such-file' },
  ]);
});
