import { Lifetime } from '#src/core/lifetime.ts';
import { tooManyJobs } from './failures.ts';

/** Work that can wait, one piece at a time: FFmpeg must not take the machine from live streams. */
export class Jobs implements AsyncDisposable {
  readonly #limit: number;
  readonly #life = new Lifetime();
  #waiting = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Nothing is begun any more. */
  get ended(): boolean {
    return this.#life.ended;
  }

  /** Something runs or waits. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /**
   * Runs `work` after all that was added before; throws `recording-jobs-full` when too much waits. `patient` is for whoever never
   * has more than one piece here: there is always room for that.
   */
  add<T>(
    work: (signal: AbortSignal) => Promise<T>,
    { patient = false }: { readonly patient?: boolean } = {},
  ): Promise<T> {
    if (this.#waiting >= this.#limit && !patient) throw tooManyJobs();
    this.#waiting += 1;
    const { signal } = this.#life;
    const done = this.#tail
      .then(() => {
        signal.throwIfAborted();
        return work(signal);
      })
      .finally(() => {
        this.#waiting -= 1;
      });
    this.#tail = done.then(
      () => undefined,
      () => undefined, // whoever added it hears of it
    );
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#life.end();
    await this.#tail;
  }
}
