import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runFfmpeg } from './ffmpeg.ts';
import type { Journal } from './journal.ts';
import { downloadName } from './names.ts';
import { concatList, type Stretch, stretchesOf } from './stretches.ts';

/** What making a file of a recording needs. */
export interface MakeDeps {
  readonly folder: string;
  readonly journal: Journal;
  readonly ffmpegPath: string;
  readonly signal: AbortSignal;
  /** 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** Copying is far faster than media time; whoever needs longer hangs. */
const shortestTimeoutMs = 60_000;
const faststart = ['-movflags', '+faststart', '-f', 'mp4', '-y'];

/**
 * Puts picture and sound into one MP4 with its index in front, without encoding. Each stretch becomes a file of its own first
 * when there are several: only so do picture and sound keep their distance across a discontinuity.
 */
export async function makeDownload(deps: MakeDeps): Promise<void> {
  const { folder, journal, onProgress } = deps;
  const stretches = stretchesOf(journal);
  const totalMs = stretches.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const target = join(folder, `${downloadName}.part`);
  const scratch: string[] = [target];
  // Written twice where there are several stretches.
  const steps = stretches.length > 1 ? 2 : 1;
  let doneMs = 0;
  const progress = (ms: number): void => onProgress(Math.min(1, (doneMs + ms) / (steps * totalMs || 1)));
  try {
    const joined: { readonly name: string; readonly durationMs: number }[] = [];
    for (const [index, stretch] of stretches.entries()) {
      const name = `stretch${index + 1}.part.mp4`;
      const output = stretches.length > 1 ? join(folder, name) : target;
      scratch.push(output);
      await mux(deps, { stretch, output, progress });
      joined.push({ name, durationMs: stretch.durationMs });
      doneMs += stretch.durationMs;
    }
    if (stretches.length > 1) {
      const list = join(folder, 'stretches.part.txt');
      scratch.push(list);
      await writeFile(list, concatList(joined), { mode: 0o600 });
      await runFfmpeg({
        ...common(deps, totalMs),
        inputs: [{ file: list, options: ['-f', 'concat'] }],
        output: { file: target, options: ['-map', '0', '-c', 'copy', ...faststart] },
        onProgress: progress,
      });
    }
    await rename(target, join(folder, downloadName));
  } finally {
    await Promise.all(scratch.map((file) => rm(file, { force: true })));
  }
}

async function mux(
  deps: MakeDeps,
  to: {
    readonly stretch: Stretch;
    readonly output: string;
    readonly progress: (ms: number) => void;
  },
): Promise<void> {
  const { stretch, output, progress } = to;
  const files = [stretch.video, stretch.audio].filter((name) => name !== undefined);
  const maps = files.flatMap((_, index) => ['-map', `${index}:0`]);
  // The times of both files count from the same instant: taken as they are, and then moved to 0 together.
  const times = ['-copyts', '-avoid_negative_ts', 'make_zero'];
  await runFfmpeg({
    ...common(deps, stretch.durationMs),
    inputs: files.map((name) => ({ file: join(deps.folder, name) })),
    output: { file: output, options: [...maps, '-c', 'copy', ...times, ...faststart] },
    onProgress: progress,
  });
}

function common(
  { ffmpegPath, signal }: MakeDeps,
  mediaMs: number,
): { readonly path: string; readonly signal: AbortSignal; readonly timeoutMs: number } {
  return { path: ffmpegPath, signal, timeoutMs: shortestTimeoutMs + mediaMs };
}
