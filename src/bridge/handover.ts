import type { CmafEpoch } from '#src/core/cmaf.ts';
import { settlesWithin } from '#src/core/settles.ts';

/** One process's output on its way to the packager. */
export interface Leg {
  /** The process is gone; never rejects. */
  readonly ended: Promise<unknown>;
  /** Resolves when the process is gone and all it wrote was read. */
  drained(): Promise<void>;
  /** What the packager gets, once the outputs are open; undefined when they never were. */
  announcement(): Promise<CmafEpoch | undefined>;
  /** Nobody will read it. */
  discard(): Promise<void>;
}

/** Epochs end within their own time-outs; a consumer that never reads must not hold up the next one for longer. */
const handoverTimeoutMs = 3_000;
/** FFmpeg gets time to flush, then SIGTERM, then SIGKILL; all that fits in here. */
const disposeTimeoutMs = 5_000;

/** Hands epochs on in the order in which they began, each when the ones before it have been read to their ends. */
export class Handover implements AsyncDisposable {
  readonly #onEpoch: (epoch: CmafEpoch) => void;
  /** All that have not ended. */
  readonly #alive = new Set<Leg>();
  /** Resolves when everything before has been handed on. */
  #announced: Promise<void> = Promise.resolve();
  #disposed = false;
  #count = 0;

  constructor(onEpoch: (epoch: CmafEpoch) => void) {
    this.#onEpoch = onEpoch;
  }

  /** Number of the epoch that began last; 0 before the first. */
  get count(): number {
    return this.#count;
  }

  /** The number of an epoch that begins now. */
  next(): number {
    this.#count += 1;
    return this.#count;
  }

  /** Announces an epoch behind its predecessors. */
  follow(leg: Leg): void {
    const before = [...this.#alive];
    this.#alive.add(leg);
    void leg.ended.then(() => this.#alive.delete(leg));
    this.#announced = this.#announce(leg, before, this.#announced);
  }

  /** Announces nothing more, and waits for those that have been told to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const ended = Promise.all([...this.#alive].map((leg) => leg.ended));
    await settlesWithin(Promise.all([ended, this.#announced]), disposeTimeoutMs);
  }

  async #announce(leg: Leg, before: readonly Leg[], announced: Promise<void>): Promise<void> {
    await announced;
    await settlesWithin(Promise.all(before.map((old) => old.drained())), handoverTimeoutMs);
    const announcement = await leg.announcement();
    if (announcement && !this.#disposed) this.#onEpoch(announcement);
    else await leg.discard();
  }
}
