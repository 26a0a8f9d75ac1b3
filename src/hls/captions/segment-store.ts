import type { SegmentSpool } from '#src/core/record.ts';

/**
 * Complete subtitle segments, for as long as the playlist lists them: a segment is not its parts one after the other, as each
 * of these has a header of its own. They are small enough for memory, also for a window of hours.
 */
export class SegmentStore implements SegmentSpool {
  readonly windowMs: number;
  readonly full = false;
  readonly #texts = new Map<string, Uint8Array>();

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  set(name: string, text: Uint8Array): void {
    this.#texts.set(name, text);
  }

  get(name: string): Uint8Array | undefined {
    return this.#texts.get(name);
  }

  /** Parts are not what is kept. */
  put(): void {
    return;
  }

  state(name: string): 'kept' | 'lost' {
    return this.#texts.has(name) ? 'kept' : 'lost';
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#texts.get(name));
  }

  remove(name: string): void {
    this.#texts.delete(name);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#texts.clear();
    return Promise.resolve();
  }
}
