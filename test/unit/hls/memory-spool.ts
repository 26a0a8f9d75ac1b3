import type { SegmentSpool } from '#src/core/record.ts';

/** A spool in which the test says what becomes of what is given to it. */
export class MemorySpool implements SegmentSpool {
  readonly windowMs = 20_000;
  readonly kept = new Map<string, Uint8Array>();
  answer: 'kept' | 'pending' | 'lost' = 'kept';
  full = false;
  losses = 0;

  put(name: string, chunks: readonly Uint8Array[]): void {
    if (this.answer === 'kept') this.kept.set(name, Buffer.concat(chunks));
  }
  state(name: string): 'kept' | 'pending' | 'lost' {
    return this.kept.has(name) ? 'kept' : this.answer;
  }
  read(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.kept.get(name));
  }
  remove(name: string): void {
    this.kept.delete(name);
  }
  /** Somebody took it away. */
  lose(...names: readonly string[]): void {
    this.answer = 'lost';
    for (const name of names) if (this.kept.delete(name)) this.losses += 1;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
