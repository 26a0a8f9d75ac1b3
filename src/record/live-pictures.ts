import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#src/core/clock.ts';
import type { PictureDesk, PictureRow, PictureWish } from '#src/core/pictures.ts';
import { runFfmpeg } from './ffmpeg.ts';
import type { Jobs } from './jobs.ts';
import { heightOfTile, tileWidth } from './tiles.ts';

/** What making pictures of live streams needs. */
export interface LivePictureDeps {
  readonly ffmpegPath: string | undefined;
  readonly clock: Clock;
  /** Shared with the work on recordings: there is one at a time on this machine. */
  readonly jobs: Jobs;
}

/** A few keyframes take a tenth of a second; at low priority on a busy machine some seconds. */
const timeoutMs = 20_000;
/** After a picture there is rest for so many times as long as it took: on a busy machine there are fewer of them. */
const restFactor = 4;

/** Small pictures of streams that are on the air, made by an FFmpeg at low priority that lives for one row of them. */
export class LivePictures implements PictureDesk {
  readonly #deps: LivePictureDeps;
  #restUntilMs = 0;

  constructor(deps: LivePictureDeps) {
    this.#deps = deps;
  }

  draw(wish: PictureWish, signal: AbortSignal): Promise<PictureRow | undefined> {
    const { ffmpegPath, clock, jobs } = this.#deps;
    if (ffmpegPath === undefined) return Promise.reject(new Error('there is no FFmpeg'));
    // Nothing waits in line: by the time its turn came there would be newer pictures to make.
    if (jobs.busy || clock.nowMs() < this.#restUntilMs) return Promise.resolve(undefined);
    return jobs.add(async (closing) => {
      const beganMs = clock.nowMs();
      try {
        return await drawRow(ffmpegPath, wish, AbortSignal.any([signal, closing]));
      } finally {
        const nowMs = clock.nowMs();
        this.#restUntilMs = nowMs + restFactor * (nowMs - beganMs);
      }
    });
  }
}

async function drawRow(path: string, wish: PictureWish, signal: AbortSignal): Promise<PictureRow> {
  const { init, keyframes } = wish;
  const tileHeight = heightOfTile(wish);
  const folder = await mkdtemp(join(tmpdir(), 'frontrow-pictures-'));
  try {
    const files = keyframes.map((_, index) => join(folder, `${index}.mp4`));
    for (const [index, file] of files.entries())
      await writeFile(file, [init, keyframes[index] ?? init], { mode: 0o600 });
    const output = join(folder, 'row.jpg');
    await runFfmpeg({
      ...{ path, signal, timeoutMs },
      // A file for each: one that cannot be decoded must not put the others in its place.
      inputs: files.map((file) => ({ file, options: ['-skip_frame', 'nokey', '-threads', '1'] })),
      output: {
        file: output,
        options: [
          ...['-filter_complex', besideEachOther(files.length, tileHeight), '-frames:v', '1'],
          ...['-q:v', '4', '-c:v', 'mjpeg', '-f', 'image2', '-update', '1', '-y'],
        ],
      },
    });
    return { jpeg: await readFile(output), tileWidth, tileHeight };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function besideEachOther(count: number, tileHeight: number): string {
  const tiles = Array.from({ length: count }, (_, index) => `[t${index}]`);
  const scaled = tiles.map(
    (tile, index) => `[${index}:v]scale=${tileWidth}:${tileHeight},format=yuvj420p,setsar=1${tile}`,
  );
  const joined = count > 1 ? `${tiles.join('')}hstack=inputs=${count}` : '[t0]null';
  return [...scaled, joined].join(';');
}
