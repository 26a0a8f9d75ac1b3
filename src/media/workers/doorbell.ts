import { setImmediate as immediate } from 'node:timers/promises';

/** Memory of one worker's bell. */
export function bellMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

/** Wakes one worker: rung by those that wrote into a ring which it reads. */
export class Doorbell implements Disposable {
  readonly #word: Int32Array;
  #disposed = false;

  constructor(memory: SharedArrayBuffer) {
    this.#word = new Int32Array(memory);
  }

  /** Costs a fraction of a message, and nothing more when the worker is awake anyway. */
  ring(): void {
    Atomics.add(this.#word, 0, 1);
    Atomics.notify(this.#word, 0);
  }

  /** Calls `answer` after each ring, several rings being one; until this is disposed. It must not throw. */
  listen(answer: () => void): void {
    void this.#listen(answer);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.ring();
  }

  async #listen(answer: () => void): Promise<void> {
    while (!this.#disposed) {
      const rung = Atomics.load(this.#word, 0);
      answer();
      const wait = Atomics.waitAsync(this.#word, 0, rung);
      if (wait.async) await wait.value;
      // Rung while answering: sockets and timers come in between.
      else await immediate();
    }
  }
}
