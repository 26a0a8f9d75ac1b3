/** Where a {@link ReorderBuffer} puts what it releases. */
export interface ReorderSink<T> {
  /** Packets in strictly ascending sequence. */
  packet(packet: T): void;
  /** `count` packets from `first` on will not be released: they did not come in time. */
  hole(first: number, count: number): void;
}

/** How long and how much a {@link ReorderBuffer} holds back behind a hole. */
export interface ReorderLimits {
  readonly holdMs: number;
  readonly holdPackets: number;
}

/**
 * Puts packets back into the order of their extended sequence. While one is missing, later ones are held, each at most
 * `holdMs`, together at most `holdPackets`; then the missing are reported as a hole. Time is passed in and must not go back.
 */
export class ReorderBuffer<T extends { readonly sequence: number }> {
  /** Packets that came after their hole was reported, or twice. */
  late = 0;
  /** Packets reported in holes. */
  missing = 0;
  readonly #limits: ReorderLimits;
  readonly #sink: ReorderSink<T>;
  readonly #held = new Map<number, { readonly packet: T; readonly sinceMs: number }>();
  #next: number | undefined;

  constructor(limits: ReorderLimits, sink: ReorderSink<T>) {
    this.#limits = limits;
    this.#sink = sink;
  }

  /** Packets held behind a hole now. */
  get held(): number {
    return this.#held.size;
  }

  /** Takes a packet and releases what it completes, and what has waited too long. */
  push(packet: T, nowMs: number): void {
    this.#next ??= packet.sequence;
    if (packet.sequence < this.#next || this.#held.has(packet.sequence)) {
      this.late += 1;
      return;
    }
    if (packet.sequence === this.#next) {
      this.#next += 1;
      this.#sink.packet(packet);
      this.#releaseRun();
    } else this.#held.set(packet.sequence, { packet, sinceMs: nowMs });
    this.expire(nowMs);
  }

  /** Gives up holes that are due; call it now and then, for streams that pause right behind a hole. */
  expire(nowMs: number): void {
    while (this.#held.size > this.#limits.holdPackets || this.#overdue(nowMs)) this.#skipHole();
  }

  /** Releases everything held, holes reported in between: the stream is over. */
  flush(): void {
    while (this.#held.size > 0) this.#skipHole();
  }

  /** Forgets everything; the next packet begins anew. */
  reset(): void {
    this.#held.clear();
    this.#next = undefined;
  }

  /** Insertion order is arrival order, so the first entry has waited longest. */
  #overdue(nowMs: number): boolean {
    for (const { sinceMs } of this.#held.values()) return nowMs - sinceMs >= this.#limits.holdMs;
    return false;
  }

  #skipHole(): void {
    let lowest = Number.POSITIVE_INFINITY;
    for (const sequence of this.#held.keys()) if (sequence < lowest) lowest = sequence;
    const first = this.#next ?? lowest;
    this.missing += lowest - first;
    this.#next = lowest;
    this.#sink.hole(first, lowest - first);
    this.#releaseRun();
  }

  #releaseRun(): void {
    for (;;) {
      const held = this.#next === undefined ? undefined : this.#held.get(this.#next);
      if (held === undefined || this.#next === undefined) return;
      this.#held.delete(this.#next);
      this.#next += 1;
      this.#sink.packet(held.packet);
    }
  }
}
