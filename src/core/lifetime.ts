/** Why something ended. */
export type CloseReason =
  { readonly by: 'owner' } | { readonly by: 'peer' } | { readonly by: 'failure'; readonly error: Error };

/** A thing that lives until it is disposed or ends by itself; `closed` always resolves, never rejects. */
export interface Living extends AsyncDisposable {
  readonly closed: Promise<CloseReason>;
}

/**
 * Owns children and ends them in reverse order of opening. Ending twice is ending once; a child that fails to
 * close never keeps the others open: its error is handed to `onError`.
 */
export class Lifetime {
  readonly closed: Promise<CloseReason>;
  readonly #children: (() => unknown)[] = [];
  readonly #onError: (error: unknown) => void;
  readonly #abort = new AbortController();
  #resolve!: (reason: CloseReason) => void;
  #ending: Promise<void> | undefined;

  constructor(onError: (error: unknown) => void = reportLater) {
    this.#onError = onError;
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Aborts as soon as the end begins; hand it to every wait. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get ended(): boolean {
    return this.#ending !== undefined;
  }

  /** Takes over a child; it is disposed when this lifetime ends (at once when it already has). */
  own<T extends Disposable | AsyncDisposable>(child: T): T {
    this.defer(() => (Symbol.asyncDispose in child ? child[Symbol.asyncDispose]() : child[Symbol.dispose]()));
    return child;
  }

  /** Runs `action` when this lifetime ends (at once when it already has). */
  defer(action: () => unknown): void {
    if (this.ended) void this.#run(action);
    else this.#children.push(action);
  }

  /** Ends everything, last opened first. The first reason wins. */
  end(reason: CloseReason = { by: 'owner' }): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  async #end(reason: CloseReason): Promise<void> {
    this.#abort.abort();
    for (let action = this.#children.pop(); action; action = this.#children.pop()) await this.#run(action);
    this.#resolve(reason);
  }

  async #run(action: () => unknown): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#onError(error);
    }
  }
}

/** A close that throws is a bug: surface it as an uncaught error, but only after the other children closed. */
function reportLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
