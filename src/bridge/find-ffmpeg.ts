import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { Failure } from '#src/core/failure.ts';
import { encoderArguments, softwareEncoders } from './encoders.ts';
import type { FfmpegFound } from './ffmpeg.ts';
import { warmUp } from './ffmpeg.ts';

const install = 'install it with: apt-get update && apt-get install -y ffmpeg';
const remedy = `${install} (or set bridge.ffmpegPath)`;
const probeTimeoutMs = 10_000;

/** What must show in FFmpeg's own lists. */
const features: readonly {
  readonly ask: readonly string[];
  readonly name: string;
  readonly shows: RegExp;
}[] = [
  { ask: ['-encoders'], name: 'encoder aac', shows: /\saac\s/ },
  { ask: ['-demuxers'], name: 'demuxer matroska', shows: /\smatroska,/ },
  { ask: ['-filters'], name: 'filter aresample', shows: /\saresample\s/ },
  { ask: ['-bsfs'], name: 'bitstream filter setts', shows: /^setts$/m },
  { ask: ['-protocols'], name: 'protocol unix', shows: /\sunix$/m },
  { ask: ['-h', 'muxer=mp4'], name: 'MP4 flag cmaf', shows: /\scmaf\s/ },
];

/**
 * Finds FFmpeg and asks it what it can do. Throws Failure `ffmpeg-missing`, `ffmpeg-old` or `ffmpeg-incomplete`, each
 * with the remedy; the gateway then serves WebRTC alone. Without an encoder for H.264 it does: what is H.264 is copied.
 */
export async function findFfmpeg(ffmpegPath: string, signal: AbortSignal): Promise<FfmpegFound> {
  const path = ffmpegPath === '' ? 'ffmpeg' : ffmpegPath;
  const banner = await ask(path, ['-version'], { signal });
  const version = /^ffmpeg version (\S+)/.exec(banner)?.[1] ?? 'unknown';
  if (!recentEnough(version)) {
    throw new Failure('unavailable', 'ffmpeg-old', `FFmpeg ${version} is older than 5.1; ${remedy}`);
  }
  const questions = new Map(features.map((feature) => [feature.ask.join(' '), feature.ask]));
  const answers = await Promise.all(
    [...questions].map(
      async ([key, args]) => [key, await ask(path, args, { signal, mayFail: true })] as const,
    ),
  );
  const lists = new Map(answers);
  const missing = features.filter((feature) => !feature.shows.test(lists.get(feature.ask.join(' ')) ?? ''));
  if (missing.length > 0) {
    const names = missing.map((feature) => feature.name).join(', ');
    throw new Failure('unavailable', 'ffmpeg-incomplete', `FFmpeg ${version} lacks ${names}; ${remedy}`);
  }
  await warmUp(path);
  const encoders = lists.get('-encoders') ?? '';
  const isBuiltIn = (codec: string): boolean => encoders.split(/\s+/).includes(codec);
  const software = softwareEncoders.filter((name) => {
    return isBuiltIn(encoderArguments({ name, device: '' }).codec);
  });
  return { path, version, software };
}

/** Git builds have names like N-109... or 2024-01-01-git-...: taken as recent, the features decide. */
function recentEnough(version: string): boolean {
  const [, major, minor] = /^n?(\d{1,2})\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return version !== 'unknown';
  return Number(major) * 100 + Number(minor) >= 501;
}

/** How execFile tells what went wrong. */
interface RunError extends Error {
  /** Of the system when there was no process, else what the process ended with. */
  readonly code?: string | number | null | undefined;
  readonly killed?: boolean | undefined;
}

interface AskedHow {
  readonly signal: AbortSignal;
  /** A list that a build does not have is empty. */
  readonly mayFail?: boolean;
}

/** Standard output; throws `ffmpeg-missing` when the program does not run, and plainly when called off. */
async function ask(path: string, args: readonly string[], { signal, mayFail }: AskedHow): Promise<string> {
  const options = {
    signal,
    timeout: probeTimeoutMs,
    maxBuffer: 4 * 1024 * 1024,
    killSignal: 'SIGKILL',
  } as const;
  const { promise, resolve } = Promise.withResolvers<{ out: string; said: string; error: RunError | null }>();
  execFile(path, ['-hide_banner', ...args], options, (error, out, said) => resolve({ out, said, error }));
  const { out, said, error } = await promise;
  if (signal.aborted) throw new Error('called off', { cause: signal.reason });
  if (error && (mayFail !== true || error.killed === true))
    throw new Failure('unavailable', 'ffmpeg-missing', await explained(path, error, said));
  return out;
}

/** Why it does not run, and what helps. */
async function explained(path: string, { code, killed, message }: RunError, said: string): Promise<string> {
  const named = `"${path}"`;
  if (killed === true)
    return `${named} did not answer within ${probeTimeoutMs / 1000} s: the machine is too busy, or the program hangs`;
  if (code === 'ENOENT') return `${named} does not run: there is none; ${remedy}`;
  if (code === 'EACCES') {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isFolder) return `${named} is a folder; name the program in it in bridge.ffmpegPath`;
    return `${named} does not run, because it is not executable for this user; mend it with: chmod +x ${path}`;
  }
  const [reason = ''] = (said.trim() || message).split('\n');
  return `${named} does not run (${reason.slice(0, 200)}); ${remedy}`;
}
