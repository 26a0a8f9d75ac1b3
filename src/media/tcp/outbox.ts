import type { Clock } from '#src/core/clock.ts';
import { frameHeaderBytes, writeFrame } from './framing.ts';
import type { BacklogLimits } from './limits.ts';

/** What an outbox writes to: of a TCP socket as much as it needs. */
export interface OutboxSink {
  /** Bytes that were written and not yet taken by the kernel. */
  readonly writableLength: number;
  write(bytes: Uint8Array): boolean;
}

/** Frames of one turn in one write. */
const batchBytes = 32_768;
const maxSpares = 64;

/** Buffers for frames on their way out, used again where the kernel took them at once. */
export class BatchPool {
  readonly #spares: Buffer[] = [];

  take(): Buffer {
    return this.#spares.pop() ?? Buffer.allocUnsafeSlow(batchBytes);
  }

  giveBack(batch: Buffer): void {
    if (this.#spares.length < maxSpares) this.#spares.push(batch);
  }
}

/**
 * Frames on their way into one TCP connection, in the order in which they came. TCP never drops, so a reader that is slower
 * than the stream would be served later and later: media beyond a bound is left out instead, as a router would, and the
 * viewer's feedback does the rest.
 */
export class Outbox {
  readonly #sink: OutboxSink;
  readonly #limits: BacklogLimits;
  readonly #pool: BatchPool;
  readonly #clock: Clock;
  #batch: Buffer | undefined;
  #used = 0;
  /** Since when the connection was never empty. */
  #backlogSinceMs: number | undefined;

  constructor(
    sink: OutboxSink,
    parts: { readonly limits: BacklogLimits; readonly pool: BatchPool; readonly clock: Clock },
  ) {
    this.#sink = sink;
    this.#limits = parts.limits;
    this.#pool = parts.pool;
    this.#clock = parts.clock;
  }

  /** Whether something waits for {@link flush}. */
  holds(): boolean {
    return this.#used > 0;
  }

  /** Whether more waits than may: the connection is to be cut. */
  get isStuck(): boolean {
    return this.#sink.writableLength + this.#used > this.#limits.cutBytes;
  }

  /** Takes a packet in; false when it was left out, which only media can be. */
  put(packet: Uint8Array, isMedia: boolean): boolean {
    if (isMedia && this.#isFull()) return false;
    if (this.#used + frameHeaderBytes + packet.length > batchBytes) this.flush();
    if (frameHeaderBytes + packet.length > batchBytes) return false;
    this.#batch ??= this.#pool.take();
    this.#used = writeFrame(this.#batch, this.#used, packet);
    return true;
  }

  /** Writes what it holds. */
  flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const bytes = batch.subarray(0, this.#used);
    this.#batch = undefined;
    this.#used = 0;
    this.#sink.write(bytes);
    // Only what the kernel did not take at once is still referred to.
    if (this.#sink.writableLength === 0) this.#pool.giveBack(batch);
    else this.#backlogSinceMs ??= this.#clock.nowMs();
  }

  #isFull(): boolean {
    const waiting = this.#sink.writableLength;
    if (waiting === 0) {
      this.#backlogSinceMs = undefined;
      return false;
    }
    const { steadyBytes, patienceMs, burstBytes } = this.#limits;
    if (waiting > burstBytes) return true;
    const sinceMs = (this.#backlogSinceMs ??= this.#clock.nowMs());
    return waiting > steadyBytes && this.#clock.nowMs() - sinceMs > patienceMs;
  }
}
