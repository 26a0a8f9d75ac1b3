import { execFile } from 'node:child_process';
import { Failure } from '#src/core/failure.ts';
import type { FfmpegFound } from './ffmpeg.ts';
import { warmUp } from './ffmpeg.ts';

const remedy = 'install it with: apt-get update && apt-get install -y ffmpeg (or set bridge.ffmpegPath)';
const probeTimeoutMs = 10_000;

/** What must show in FFmpeg's own lists. */
const features: readonly {
  readonly ask: readonly string[];
  readonly name: string;
  readonly shows: RegExp;
}[] = [
  { ask: ['-encoders'], name: 'encoder libx264', shows: /\slibx264\s/ },
  { ask: ['-encoders'], name: 'encoder aac', shows: /\saac\s/ },
  { ask: ['-demuxers'], name: 'demuxer matroska', shows: /\smatroska,/ },
  { ask: ['-filters'], name: 'filter aresample', shows: /\saresample\s/ },
  { ask: ['-bsfs'], name: 'bitstream filter setts', shows: /^setts$/m },
  { ask: ['-protocols'], name: 'protocol unix', shows: /\sunix$/m },
  { ask: ['-h', 'muxer=mp4'], name: 'MP4 flag cmaf', shows: /\scmaf\s/ },
];

/**
 * Finds FFmpeg and asks it what it can do. Throws Failure `ffmpeg-missing`, `ffmpeg-old` or `ffmpeg-incomplete`, each
 * with the remedy; the gateway then serves WebRTC alone.
 */
export async function findFfmpeg(ffmpegPath: string, signal: AbortSignal): Promise<FfmpegFound> {
  const path = ffmpegPath === '' ? 'ffmpeg' : ffmpegPath;
  const banner = await ask(path, ['-version'], signal);
  if (banner === undefined)
    throw new Failure('unavailable', 'ffmpeg-missing', `"${path}" does not run; ${remedy}`);
  const version = /^ffmpeg version (\S+)/.exec(banner)?.[1] ?? 'unknown';
  if (!recentEnough(version)) {
    throw new Failure('unavailable', 'ffmpeg-old', `FFmpeg ${version} is older than 5.1; ${remedy}`);
  }
  const questions = new Map(features.map((feature) => [feature.ask.join(' '), feature.ask]));
  const answers = await Promise.all(
    [...questions].map(async ([key, args]) => [key, (await ask(path, args, signal)) ?? ''] as const),
  );
  const lists = new Map(answers);
  const missing = features.filter((feature) => !feature.shows.test(lists.get(feature.ask.join(' ')) ?? ''));
  if (missing.length > 0) {
    const names = missing.map((feature) => feature.name).join(', ');
    throw new Failure('unavailable', 'ffmpeg-incomplete', `FFmpeg ${version} lacks ${names}; ${remedy}`);
  }
  await warmUp(path);
  return { path, version };
}

/** Git builds have names like N-109... or 2024-01-01-git-...: taken as recent, the features decide. */
function recentEnough(version: string): boolean {
  const [, major, minor] = /^n?(\d{1,2})\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return version !== 'unknown';
  return Number(major) * 100 + Number(minor) >= 501;
}

/** Standard output, or undefined when the program does not run. Throws only when called off. */
function ask(path: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const options = { signal, timeout: probeTimeoutMs, maxBuffer: 4 * 1024 * 1024 };
    execFile(path, ['-hide_banner', ...args], options, (error, stdout) => {
      if (signal.aborted) reject(new Error('called off', { cause: signal.reason }));
      else resolve(error ? undefined : stdout);
    });
  });
}
