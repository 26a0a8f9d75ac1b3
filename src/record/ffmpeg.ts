import createCommand from 'fluent-ffmpeg';
import { limitAddressSpace } from './address-space.ts';

/** One run of FFmpeg over files. */
export interface FfmpegRun {
  /** The program. */
  readonly path: string;
  /** Files of ours, each with the options in front of it. */
  readonly inputs: readonly { readonly file: string; readonly options?: readonly string[] }[];
  readonly output: { readonly file: string; readonly options: readonly string[] };
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Media time that is done. */
  readonly onProgress?: (doneMs: number) => void;
}

/** Behind everything that is live. */
const niceness = 15;
/** FFmpeg opens nothing but files, whatever a file says. */
const onlyFiles = ['-protocol_whitelist', 'file'];
/** There is time; with a core for each thread it would be felt by what is live. */
const oneThread = ['-threads', '1'];
const oneFilterThread = ['-filter_threads', '1', '-filter_complex_threads', '1'];
/** Libraries and stacks count too, so it is far from what is really used; pictures of any size that is streamed fit. */
const addressSpaceBytes = 3 * 1024 ** 3;

/** Runs FFmpeg at low priority to its end; throws with what it said last. */
export function runFfmpeg(run: FfmpegRun): Promise<void> {
  const { path, inputs, output, timeoutMs, signal, onProgress } = run;
  const command = createCommand({ niceness, timeout: Math.ceil(timeoutMs / 1000), stdoutLines: 20 });
  command.setFfmpegPath(path);
  for (const { file, options = [] } of inputs)
    command.input(file).inputOptions(...onlyFiles, ...oneThread, ...options);
  command.output(output.file).outputOptions(...oneThread, ...oneFilterThread, ...output.options);
  return new Promise((resolve, reject) => {
    const stop = (): void => void command.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    const leave = (end: () => void): void => {
      signal.removeEventListener('abort', stop);
      end();
    };
    command.on('start', () => {
      if (signal.aborted) stop();
      // Shown without being declared. Without prlimit there is the time-out alone.
      const { ffmpegProc } = command as unknown as { readonly ffmpegProc?: { readonly pid?: number } };
      if (ffmpegProc?.pid !== undefined) void limitAddressSpace(ffmpegProc.pid, addressSpaceBytes);
    });
    command.on('progress', ({ timemark }: { readonly timemark?: string }) =>
      onProgress?.(readTimemark(timemark ?? '')),
    );
    command.on('end', () => leave(resolve));
    command.on('error', (error: Error, _stdout: string | null, stderr: string | null) =>
      leave(() => reject(new Error(describe(error, stderr), { cause: error }))),
    );
    command.run();
  });
}

/** `00:01:02.34` in milliseconds; 0 for anything else. */
function readTimemark(text: string): number {
  const [, hours = '0', minutes = '0', seconds = '0'] = /^(\d+):(\d+):([\d.]+)$/.exec(text) ?? [];
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

function describe(error: Error, stderr: string | null): string {
  const last = (stderr ?? '').trim().split('\n').slice(-3).join(' | ');
  return `${error.message.split('\n')[0] ?? ''}${last === '' ? '' : `: ${last}`}`.slice(0, 500);
}
