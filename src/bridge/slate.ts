import type { CmafEpoch, SlateReport } from '#src/core/cmaf.ts';
import type { Clock } from '#src/core/clock.ts';
import type { Log } from '#src/core/log.ts';
import { software } from './encoders.ts';
import type { StreamEncoder } from './encoders-stream.ts';
import { FfmpegProcess, type FfmpegExit, type FfmpegFound, type ProcessOrder } from './ffmpeg.ts';
import type { Handover, Leg } from './handover.ts';
import { baseMediaTimeMs, type FfmpegPlan } from './profile.ts';
import { planSlate, type SlateSource } from './slate-plan.ts';

/** What a slate needs. */
export interface SlateDeps {
  readonly source: SlateSource;
  /** Who encodes; absent: x264. */
  readonly encoder?: Pick<StreamEncoder, 'steady' | 'lack'>;
  readonly ffmpeg: FfmpegFound;
  readonly handover: Handover;
  readonly clock: Clock;
  readonly log: Log;
  readonly segmentTargetMs: number;
  readonly memoryLimitBytes: number;
}

/** What viewers of one stream see while its publisher is away: an FFmpeg of its own, in the order of the epochs. */
export class Slate {
  readonly #deps: SlateDeps;
  #showing: SlateRun | undefined;
  #problem: string | undefined;

  constructor(deps: SlateDeps) {
    this.#deps = deps;
  }

  get report(): SlateReport {
    return {
      showing: this.#showing !== undefined && !this.#showing.gone,
      ...(this.#problem !== undefined && { problem: this.#problem }),
    };
  }

  /** The publisher is away. One that cannot be shown is not tried again before it comes back. */
  show(live: FfmpegPlan): void {
    if (this.#showing) return;
    const { source, ffmpeg, handover, clock, log, segmentTargetMs, memoryLimitBytes } = this.#deps;
    const encoder = this.#deps.encoder ? this.#deps.encoder.steady : software;
    if (!encoder && live.video !== 'none') {
      this.#problem = `the slate ${source.path} cannot be shown: ${this.#deps.encoder?.lack ?? ''}`;
      return;
    }
    const plan = planSlate({ source, live, segmentTargetMs, encoder });
    const number = handover.next();
    const run = new SlateRun(ffmpeg, { plan, file: source.path, memoryLimitBytes }, { number, clock });
    this.#showing = run;
    handover.follow(run);
    log.info({ epoch: number }, 'slate begins');
    void run.ended.then((exit) => {
      if (this.#showing !== run) return;
      this.#problem = `the slate ${source.path} cannot be shown: ${exit.problem || 'it ended by itself'}`;
      log.warn({ epoch: number, problem: this.#problem }, 'slate ended early');
    });
  }

  /** The publisher is back, or the stream is over. */
  hide(): void {
    const run = this.#showing;
    if (!run) return;
    this.#showing = undefined;
    if (run.bytesOut > 0) this.#problem = undefined;
    void run.kill();
  }
}

/** One FFmpeg that shows a slate until it is killed. */
class SlateRun implements Leg {
  readonly ended: Promise<FfmpegExit>;
  readonly #opened: Promise<FfmpegProcess | undefined>;
  readonly #abort = new AbortController();
  readonly #number: number;
  readonly #clock: Clock;
  #process: FfmpegProcess | undefined;

  constructor(
    ffmpeg: FfmpegFound,
    order: ProcessOrder,
    { number, clock }: { readonly number: number; readonly clock: Clock },
  ) {
    this.#number = number;
    this.#clock = clock;
    const opening = FfmpegProcess.open(ffmpeg, order, this.#abort.signal);
    this.#opened = opening.then((process) => (this.#process = process)).catch(() => undefined);
    this.ended = opening.then(leave).catch((error: unknown) => ({ clean: false, problem: String(error) }));
  }

  /** The process has ended. */
  get gone(): boolean {
    return this.#process?.gone ?? false;
  }

  get bytesOut(): number {
    return this.#process?.bytesOut ?? 0;
  }

  async announcement(): Promise<CmafEpoch | undefined> {
    const outputs = (await this.#opened)?.outputs ?? [];
    const connected = await Promise.all(outputs.map((output) => output.connected));
    if (connected.length === 0 || connected.includes(false)) return undefined;
    // It paces itself from its first picture on, which is made about now.
    const startedWallMs = this.#clock.wallMs();
    const tracks = outputs.map((output) => output.track());
    return { epoch: this.#number, startedWallMs, baseMediaTimeMs, tracks };
  }

  async drained(): Promise<void> {
    await this.ended;
    await Promise.all(((await this.#opened)?.outputs ?? []).map((output) => output.drained));
  }

  async discard(): Promise<void> {
    for (const output of (await this.#opened)?.outputs ?? []) output.discard();
  }

  async kill(): Promise<void> {
    this.#abort.abort();
    await (await this.#opened)?.kill();
  }
}

/** How a process ended; its folder is gone then. */
async function leave(process: FfmpegProcess): Promise<FfmpegExit> {
  const exit = await process.exited;
  await process[Symbol.asyncDispose]();
  return exit;
}
