import type { BridgeReport, BridgeState, Obstacle } from '#src/core/cmaf.ts';
import { EncoderNeed } from './encoder-need.ts';
import { RestartPolicy } from './restarts.ts';

/** A process as far as its failure matters. */
export interface Process {
  readonly bytesOut: number;
  /** It has ended, though nobody noticed yet. */
  readonly gone: boolean;
}

/** Processes in a row that ended without output before what they were told is suspected. */
const fruitlessLimit = 2;

/** Encoders that do not work are tried again much later than this, but the publisher may change its codec. */
const lackRetryMs = 10_000;

/** What went wrong with a stream's processes, and what follows for the next one. Pure; time comes in. */
export class FaultRecord {
  readonly #restarts = new RestartPolicy();
  /** What is refused before there is a process. */
  readonly need: EncoderNeed;
  #count = 0;
  #fruitless = 0;
  /** The process that gives media, and since when it does. */
  #working: { readonly process: Process; readonly sinceMs: number } | undefined;
  #problem: string | undefined;

  constructor(need = new EncoderNeed(undefined)) {
    this.need = need;
  }

  /** Processes that were lost. */
  get count(): number {
    return this.#count;
  }

  /** Several in a row gave nothing. */
  get isFruitless(): boolean {
    return this.#fruitless >= fruitlessLimit;
  }

  /** Looks at the process that runs; call it several times a second. */
  look(process: Process, nowMs: number): void {
    if (process.bytesOut === 0 || process === this.#working?.process) return;
    this.#working = { process, sinceMs: nowMs };
  }

  /** A process was lost. */
  lost(process: Process, problem: string, nowMs: number): void {
    this.#problem = problem;
    this.#count += 1;
    this.#fruitless = process.bytesOut > 0 ? 0 : this.#fruitless + 1;
    const workedMs = process === this.#working?.process ? nowMs - this.#working.sinceMs : 0;
    this.#working = undefined;
    this.#restarts.failed(nowMs, workedMs);
  }

  /** A process ends as it should. */
  ended({ bytesOut }: Process): void {
    if (bytesOut > 0) this.#problem = undefined;
  }

  /** Whether a start is allowed now. */
  mayStart(nowMs: number): boolean {
    return this.#restarts.mayStart(nowMs);
  }

  /** Why nothing comes, for those that wait for it. */
  obstacle(process: Process | undefined, nowMs: number): Obstacle | undefined {
    if (!process && this.need.refusal !== undefined)
      return { code: 'ffmpeg-no-encoder', retryAfterMs: lackRetryMs };
    const state = this.stateOf(process, nowMs);
    const retryAfterMs = this.#restarts.restMs(nowMs);
    if (state === 'failed') return { code: 'ffmpeg-failed', retryAfterMs };
    return state === 'restarting' ? { code: 'ffmpeg-restarting', retryAfterMs } : undefined;
  }

  /** What operators see of it. */
  report(process: Process | undefined, nowMs: number): Pick<BridgeReport, 'state' | 'restarts' | 'problem'> {
    return {
      state: this.stateOf(process, nowMs),
      restarts: this.#count,
      problem: this.problemOf(process),
    };
  }

  /** What was wrong last, until a process works. */
  problemOf(process: Process | undefined): string | undefined {
    if (!process && this.need.refusal !== undefined) return this.need.refusal;
    return process && process.bytesOut > 0 ? undefined : this.#problem;
  }

  /** How the stream is, with this process. */
  stateOf(process: Process | undefined, nowMs: number): BridgeState {
    const gone = process?.gone ?? false;
    if (process && !gone && (process.bytesOut > 0 || this.#problem === undefined)) return 'running';
    if (this.#restarts.givenUp(nowMs) || (!process && this.need.refusal !== undefined)) return 'failed';
    return this.#problem !== undefined || gone ? 'restarting' : 'waiting';
  }
}
