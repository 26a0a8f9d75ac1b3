import type { Obstacle } from '#src/core/cmaf.ts';
import { Waiters, type WaitResult } from './waiters.ts';

/** How far a stream is. */
export interface OpeningState {
  /** There is something to play. */
  readonly isReady: () => boolean;
  /** Nothing will come any more. */
  readonly isFinished: () => boolean;
}

/** Those that came before there was anything to play. */
export class Opening {
  readonly #waiters: Waiters;
  readonly #state: OpeningState;
  #ask: () => Obstacle | undefined = () => undefined;

  constructor(limit: number, state: OpeningState) {
    this.#waiters = new Waiters(limit);
    this.#state = state;
  }

  /** Why nothing comes now; undefined when something may, or when the stream is over. */
  get obstacle(): Obstacle | undefined {
    return this.#state.isFinished() ? undefined : this.#ask();
  }

  /** Who says why nothing comes. */
  obstructedBy(ask: () => Obstacle | undefined): void {
    this.#ask = ask;
  }

  /** Waits until there is something to play, or it is no use to wait. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<WaitResult> {
    return this.#waiters.wait(() => this.#isDecided(), timeoutMs, signal);
  }

  /** Something changed. */
  wake(): void {
    if (this.#waiters.count > 0) this.#waiters.wake();
  }

  #isDecided(): boolean {
    if (this.#state.isFinished() || this.#state.isReady()) return true;
    const { obstacle } = this;
    return obstacle !== undefined && obstacle.code !== 'ffmpeg-restarting';
  }
}
