import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import createCommand from 'fluent-ffmpeg';
import type { FfmpegCommand } from 'fluent-ffmpeg';
import { systemClock } from '#src/core/clock.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import { isHardware, type SoftwareEncoder } from './encoders.ts';
import { FloodGuard } from './flood.ts';
import { limitAddressSpace } from './memory-limit.ts';
import { OutputPipe, socketPath } from './output-pipe.ts';
import type { FfmpegPlan } from './profile.ts';
import { settlesWithin } from '#src/core/settles.ts';

/** An FFmpeg that can do what the bridge needs. */
export interface FfmpegFound {
  readonly path: string;
  /** As FFmpeg names itself, e.g. 5.1.9-0+deb12u1. */
  readonly version: string;
  /** Encoders of H.264 in software that it has, the best first; absent: x264. */
  readonly software?: readonly SoftwareEncoder[];
}

/** How a process ended. */
export interface FfmpegExit {
  /** It read all input and ended by itself. */
  readonly clean: boolean;
  /** What the process said last, or why it could not start. */
  readonly problem: string;
}

/** The part of the child process that fluent-ffmpeg shows without declaring it. */
interface Child {
  readonly pid?: number;
  readonly stdin: { readonly writableLength: number; cork(): void; uncork(): void };
  readonly stderr: {
    on(event: 'data', heard: (text: string) => void): unknown;
    destroy(): unknown;
  };
  kill(signal: NodeJS.Signals): boolean;
}

/**
 * Lets fluent-ffmpeg ask for formats and encoders once: it insists on knowing them before every run, keeps them, and
 * would otherwise do it while the first stream waits.
 */
export async function warmUp(path: string): Promise<void> {
  const command = createCommand().setFfmpegPath(path);
  for (const list of ['availableFormats', 'availableEncoders'] as const) {
    await new Promise<void>((resolve, reject) => {
      command[list]((error: Error | null | undefined) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

const stderrLines = 40;
const flushTimeoutMs = 1_500;
const killTimeoutMs = 1_000;
/** Media is forwarded first. */
const niceness = 5;

/** What a process is made of. */
export interface ProcessOrder {
  readonly plan: Pick<FfmpegPlan, 'input' | 'outputs' | 'encoder'>;
  /** Absolute path of what it reads; absent: what is written to it. */
  readonly file?: string;
  readonly memoryLimitBytes: number;
}

/**
 * One FFmpeg process, run through fluent-ffmpeg: Matroska goes in at its stdin, every output comes back through a unix
 * socket of its own. fluent-ffmpeg has one output stream and no say in file descriptors; sockets know no such limit.
 */
export class FfmpegProcess implements AsyncDisposable {
  readonly outputs: readonly OutputPipe[];
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<FfmpegExit>;
  readonly #input = new Readable({ read: () => undefined, highWaterMark: 256 * 1024 });
  readonly #command: FfmpegCommand;
  readonly #life: Lifetime;
  readonly #flood = new FloodGuard();
  #child: Child | undefined;
  #gone = false;
  /** Why it was killed for its own doing. */
  #fault: string | undefined;

  private constructor(
    command: FfmpegCommand,
    outputs: readonly OutputPipe[],
    { life, addressSpaceBytes }: { readonly life: Lifetime; readonly addressSpaceBytes: number | undefined },
  ) {
    this.#command = command;
    this.outputs = outputs;
    this.#life = life;
    this.exited = new Promise((resolve) => {
      const leave = (exit: FfmpegExit): void => {
        this.#gone = true;
        this.#input.destroy();
        for (const output of outputs) output.ended();
        resolve(exit);
      };
      command.on('start', () => {
        this.#begin((command as unknown as { ffmpegProc?: Child }).ffmpegProc, addressSpaceBytes);
      });
      command.on('end', () => leave({ clean: true, problem: '' }));
      command.on('error', (error: Error, _stdout: string | null, stderr: string | null) =>
        leave({ clean: false, problem: this.#fault ?? describe(error, stderr) }),
      );
    });
  }

  /** Prepares the sockets and starts the process. Writing may begin at once. */
  static async open(ffmpeg: FfmpegFound, order: ProcessOrder, signal: AbortSignal): Promise<FfmpegProcess> {
    const { plan, file, memoryLimitBytes } = order;
    const life = new Lifetime();
    const outputs: OutputPipe[] = [];
    try {
      // mkdtemp makes it 0700: nobody else may connect.
      const folder = await mkdtemp(join(tmpdir(), `frontrow-${String(process.pid)}-`));
      life.defer(() => rm(folder, { recursive: true, force: true }));
      const command = createCommand({ stdoutLines: stderrLines, niceness });
      command.setFfmpegPath(ffmpeg.path);
      for (const output of plan.outputs) outputs.push(await OutputPipe.open(output, folder, signal));
      // Drivers of hardware reserve addresses by the hundred gigabytes; there, only looking at its memory helps.
      const onDevice = plan.encoder !== undefined && isHardware(plan.encoder.name);
      const addressSpaceBytes = onDevice ? undefined : memoryLimitBytes;
      const running = new FfmpegProcess(command, outputs, { life, addressSpaceBytes });
      running.#run(plan, file, folder);
      return running;
    } catch (error) {
      for (const output of outputs) output.discard();
      await life.end();
      throw error;
    }
  }

  /** The process id; undefined until it runs and when it is gone. */
  get pid(): number | undefined {
    return this.#gone ? undefined : this.#child?.pid;
  }

  /** Whether the process has ended. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Bytes that FFmpeg has not taken yet. */
  get bufferedBytes(): number {
    return this.#input.readableLength + (this.#child?.stdin.writableLength ?? 0);
  }

  get bytesOut(): number {
    return this.outputs.reduce((sum, output) => sum + output.bytesOut, 0);
  }

  /** Bytes of one rendition that came out so far. */
  bytesOf(rendition: string): number {
    return this.outputs.find((output) => output.rendition === rendition)?.bytesOut ?? 0;
  }

  /** When the last whole picture of a rendition that came out is decoded, in ticks of its track; undefined before the first. */
  lastTicksOf(rendition: string): number | undefined {
    return this.outputs.find((output) => output.rendition === rendition)?.lastTicks;
  }

  /** Hands blocks to FFmpeg, with one system call where it has room; what comes after its end goes nowhere. */
  write(...blocks: readonly Uint8Array[]): void {
    if (this.#gone || this.#input.readableEnded) return;
    const several = blocks.length > 1;
    if (several) this.#child?.stdin.cork();
    for (const block of blocks) this.#input.push(block);
    if (several) this.#child?.stdin.uncork();
  }

  /** No more input: FFmpeg flushes its outputs and ends. Kills it when it does not. */
  async finish(): Promise<void> {
    if (!this.#gone) this.#input.push(null);
    if (!(await settlesWithin(this.exited, flushTimeoutMs))) await this.kill();
  }

  /** Ends a process that hangs; asking nicely first would only make the gap longer. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await settlesWithin(this.exited, killTimeoutMs);
  }

  /** Ends the process and removes its folder. What it wrote stays readable at the outputs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
    await this.#life.end();
  }

  #begin(child: Child | undefined, addressSpaceBytes: number | undefined): void {
    this.#child = child;
    // Not waited for: its first frames need no memory to speak of, and the supervisor looks, too.
    if (child?.pid !== undefined && addressSpaceBytes !== undefined)
      void limitAddressSpace(child.pid, addressSpaceBytes);
    child?.stderr.on('data', ({ length }) => {
      if (this.#fault !== undefined || !this.#flood.add(length, systemClock.nowMs())) return;
      this.#fault = 'FFmpeg flooded its standard error';
      this.#signal('SIGKILL');
      // Whoever else holds its other end would go on.
      child.stderr.destroy();
    });
  }

  #run({ input, outputs }: ProcessOrder['plan'], file: string | undefined, folder: string): void {
    const [first = '', ...others] = input;
    this.#command.input(file ?? this.#input).inputOptions(first, ...others);
    // Several arguments, not one array: fluent-ffmpeg splits the strings of an array at blanks.
    for (const output of outputs) {
      const [option = '', ...rest] = output.options;
      this.#command.output(`unix:${socketPath(output, folder)}`).outputOptions(option, ...rest);
    }
    this.#command.run();
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#gone) this.#child?.kill(signal);
  }
}

function describe(error: Error, stderr: string | null): string {
  const lines = (stderr ?? '').trim().split('\n').slice(-5).join(' | ');
  return lines === '' ? error.message : `${error.message.split('\n')[0] ?? ''}: ${lines}`.slice(0, 1_000);
}
