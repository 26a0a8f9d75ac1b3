import createCommand from 'fluent-ffmpeg';

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

/** Runs FFmpeg at low priority to its end; throws with what it said last. */
export function runFfmpeg(run: FfmpegRun): Promise<void> {
  const { path, inputs, output, timeoutMs, signal, onProgress } = run;
  const command = createCommand({ niceness, timeout: Math.ceil(timeoutMs / 1000), stdoutLines: 20 });
  command.setFfmpegPath(path);
  for (const { file, options = [] } of inputs) command.input(file).inputOptions(...onlyFiles, ...options);
  const [first = '-y', ...rest] = output.options;
  command.output(output.file).outputOptions(first, ...rest);
  return new Promise((resolve, reject) => {
    const stop = (): void => void command.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    const leave = (end: () => void): void => {
      signal.removeEventListener('abort', stop);
      end();
    };
    command.on('start', () => {
      if (signal.aborted) stop();
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
