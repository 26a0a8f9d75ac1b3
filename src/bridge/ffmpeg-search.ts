import { Failure } from '#src/core/failure.ts';
import type { Log } from '#src/core/log.ts';
import type { FfmpegFound } from './ffmpeg.ts';
import { findFfmpeg } from './find-ffmpeg.ts';

/** FFmpeg, or why there is none: then the front row works alone. */
export type FfmpegOutcome = { readonly found: FfmpegFound } | { readonly problem: string };

/** What a search needs. */
export interface FfmpegSearchDeps {
  /** Rejects with a Failure when there is none that is of use. */
  readonly find: (signal: AbortSignal) => Promise<FfmpegFound>;
  readonly log: Log;
}

/** One that is missing costs a system call to look for. */
const missingAgainMs = 3_000;
/** One that is there and of no use is asked many questions. */
const uselessAgainMs = 30_000;

/** Looks for FFmpeg until there is one, so that a gateway which came up without needs no restart. */
export class FfmpegSearch implements Disposable {
  readonly #deps: FfmpegSearchDeps;
  readonly #abort = new AbortController();
  readonly #waiting = new Set<(found: FfmpegFound) => void>();
  #found: FfmpegFound | undefined;
  #failure: Failure | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(deps: FfmpegSearchDeps) {
    this.#deps = deps;
  }

  /** Looks once before it resolves, and goes on when there was none. Rejects only when called off, or by a bug. */
  static async open(deps: FfmpegSearchDeps, signal: AbortSignal): Promise<FfmpegSearch> {
    const search = new FfmpegSearch(deps);
    await search.#look(signal);
    return search;
  }

  /** What there is now. */
  get outcome(): FfmpegOutcome {
    return this.#found ? { found: this.#found } : { problem: this.#failure?.message ?? '' };
  }

  /** Why there is none; undefined when there is one. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** How long it is at most until it is looked for again. */
  get againMs(): number {
    return this.#failure?.code === 'ffmpeg-missing' ? missingAgainMs : uselessAgainMs;
  }

  /** Calls once, when there is one: now, or later. */
  whenFound(call: (found: FfmpegFound) => void): Disposable {
    if (this.#found) call(this.#found);
    else this.#waiting.add(call);
    return { [Symbol.dispose]: () => void this.#waiting.delete(call) };
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  async #look(signal: AbortSignal): Promise<void> {
    try {
      this.#takes(await this.#deps.find(signal));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.message !== this.#failure?.message)
        this.#deps.log.warn(
          { code: error.code, problem: error.message },
          'there is no LL-HLS without FFmpeg',
        );
      this.#failure = error;
      if (!this.#abort.signal.aborted)
        this.#timer = setTimeout(() => void this.#again(), this.againMs).unref();
    }
  }

  async #again(): Promise<void> {
    const { signal } = this.#abort;
    try {
      await this.#look(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#deps.log.error({ err: error }, 'FFmpeg cannot be looked for');
      this.#timer = setTimeout(() => void this.#again(), uselessAgainMs).unref();
    }
  }

  #takes(found: FfmpegFound): void {
    if (this.#abort.signal.aborted) return;
    const isLate = this.#failure !== undefined;
    this.#found = found;
    this.#failure = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) call(found);
    if (isLate) this.#deps.log.info({ version: found.version }, 'FFmpeg was found: LL-HLS begins');
  }
}

/** A search for the FFmpeg that the settings name; '' means the PATH. */
export function searchFfmpeg(path: string, log: Log, signal: AbortSignal): Promise<FfmpegSearch> {
  return FfmpegSearch.open({ find: (calledOff) => findFfmpeg(path, calledOff), log }, signal);
}
