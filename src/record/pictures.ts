import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runFfmpeg } from './ffmpeg.ts';
import { statsOf } from './folder.ts';
import type { Journal } from './journal.ts';
import { posterName, spriteName, storyboardName } from './names.ts';
import { concatList, stretchesOf } from './stretches.ts';
import { heightAt, heightOfTile, type PictureSize, tileWidth } from './tiles.ts';
import { renditionsOf } from './vod.ts';

/** What making pictures needs. */
export interface PictureDeps {
  readonly folder: string;
  readonly journal: Journal;
  readonly ffmpegPath: string;
  readonly signal: AbortSignal;
}

const posterWidth = 640;
const columns = 10;
/** One image must stay small enough for a phone. */
const maxTiles = 100;
const shortestTileMs = 2_000;
const timeoutMs = 10 * 60_000;

/** How a recording is cut into small pictures. */
export interface Storyboard {
  readonly everyMs: number;
  readonly tiles: number;
  readonly rows: number;
  readonly tileHeight: number;
}

/** Makes a poster from near the beginning, and a storyboard: one image of small pictures with a WebVTT list of their times. */
export async function makePictures(deps: PictureDeps): Promise<void> {
  const { folder, journal, ffmpegPath: path, signal } = deps;
  const videos = stretchesOf(journal).flatMap(({ video, durationMs }) =>
    video === undefined ? [] : [{ name: video, durationMs }],
  );
  const facts = renditionsOf(journal).find(({ kind }) => kind === 'video');
  if (videos.length === 0 || !facts) return;
  const durationMs = videos.reduce((sum, video) => sum + video.durationMs, 0);
  const board = storyboardOf(durationMs, facts);
  const list = join(folder, 'videos.part.txt');
  const scratch = [list, ...[posterName, spriteName].map((name) => join(folder, `${name}.part`))];
  const draw = async (name: string, filter: string, options: readonly string[]): Promise<boolean> => {
    const file = join(folder, `${name}.part`);
    // What a crash left.
    await rm(file, { force: true });
    await runFfmpeg({
      ...{ path, signal, timeoutMs },
      // Keyframes alone: the cost is that of a few pictures, whatever the length.
      inputs: [{ file: list, options: ['-skip_frame', 'nokey', ...options, '-f', 'concat'] }],
      output: {
        file,
        options: ['-an', '-vf', filter, '-frames:v', '1', '-q:v', '4', '-c:v', 'mjpeg', '-f', 'image2', '-y'],
      },
    });
    // FFmpeg is content when there is nothing to draw.
    if (!(await statsOf(file))) return false;
    await rename(file, join(folder, name));
    return true;
  };
  try {
    await writeFile(list, concatList(videos), { mode: 0o600 });
    // Streams often begin with a black picture.
    const seekS = Math.min(5, durationMs / 4_000);
    const poster = `scale=${posterWidth}:${heightAt(posterWidth, facts)}`;
    const drawn = await draw(posterName, poster, ['-ss', seekS.toFixed(3)]);
    // No keyframe from there on.
    if (!drawn) await draw(posterName, poster, []);
    const { everyMs, rows, tileHeight } = board;
    // The last one may fall behind the last keyframe: that is shown again. There may be but one, and short.
    const rate = `fps=fps=1000/${everyMs}:start_time=0:eof_action=pass,tpad=stop=2:stop_mode=clone`;
    const tiles = `${rate},scale=${tileWidth}:${tileHeight},tile=${columns}x${rows}`;
    if (!(await draw(spriteName, tiles, []))) throw new Error('no keyframe of it can be decoded');
    await writeFile(join(folder, storyboardName), storyboardText(board, durationMs), { mode: 0o600 });
  } finally {
    await Promise.all(scratch.map((file) => rm(file, { force: true })));
  }
}

/** How a recording of this length is cut. */
export function storyboardOf(durationMs: number, size: PictureSize): Storyboard {
  const everyMs = Math.max(shortestTileMs, Math.ceil(durationMs / maxTiles / 1000) * 1000);
  const tiles = Math.max(1, Math.ceil(durationMs / everyMs));
  return { everyMs, tiles, rows: Math.ceil(tiles / columns), tileHeight: heightOfTile(size) };
}

/** The WebVTT list that players read: each cue names a piece of the image (Media Fragments URI section 4.2.2). */
export function storyboardText({ everyMs, tiles, tileHeight }: Storyboard, durationMs: number): string {
  const cues = Array.from({ length: tiles }, (_, index) => {
    const toMs = Math.min(durationMs, (index + 1) * everyMs);
    const [x, y] = [(index % columns) * tileWidth, Math.floor(index / columns) * tileHeight];
    return `${stamp(index * everyMs)} --> ${stamp(toMs)}\n${spriteName}#xywh=${x},${y},${tileWidth},${tileHeight}\n`;
  });
  return `WEBVTT\n\n${cues.join('\n')}`;
}

function stamp(ms: number): string {
  return new Date(Math.round(ms)).toISOString().slice(11, 23);
}
