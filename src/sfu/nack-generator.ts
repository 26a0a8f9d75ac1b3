/** When and how often lost packets are asked for again. */
export interface NackRules {
  /** Packets out of order arrive within this; asking earlier would ask for nothing lost. */
  readonly reorderMs: number;
  /** Least wait between two requests for one packet, when the round trip is shorter or unknown. */
  readonly retryMs: number;
  readonly maxTries: number;
  /** A packet this late is of no use any more. */
  readonly giveUpMs: number;
  /** Most packets that may be missing at once, and the largest gap that is repaired at all. */
  readonly window: number;
}

/** What suits interactive video. */
export const defaultNackRules: NackRules = {
  reorderMs: 10,
  retryMs: 20,
  maxTries: 10,
  giveUpMs: 1000,
  window: 400,
};

interface Missing {
  readonly sinceMs: number;
  askedMs: number;
  tries: number;
}

/**
 * Finds the holes in one incoming stream and says which packets to ask for now (RFC 4585 section 6.2.1). One instance per
 * SSRC, fed with extended sequence numbers: nothing wraps, and the order of insertion is the order of sequence.
 */
export class NackGenerator {
  /** Packets given up. */
  lost = 0;
  /** Packets that came after we had asked for them. */
  repaired = 0;
  /** Packets asked for, repetitions included. */
  requested = 0;
  /** Gaps too large to repair; each needs a keyframe instead. */
  resets = 0;
  readonly #rules: NackRules;
  /** Ascending: holes are only ever found ahead of all others. */
  readonly #missing = new Map<number, Missing>();
  readonly #due: number[] = [];
  #highest = -1;

  constructor(rules: NackRules = defaultNackRules) {
    this.#rules = rules;
  }

  /** Packets missing now. */
  get missing(): number {
    return this.#missing.size;
  }

  /** Notes a packet, whether it came by itself or by retransmission; duplicates do no harm. */
  record(sequence: number, nowMs: number): void {
    if (this.#highest < 0) {
      this.#highest = sequence;
    } else if (sequence <= this.#highest) {
      this.#fill(sequence);
    } else {
      if (sequence > this.#highest + 1) this.#open(this.#highest + 1, sequence, nowMs);
      this.#highest = sequence;
    }
  }

  /** Sequence numbers to ask for now, ascending; the array is reused by the next call. */
  due(nowMs: number, rttMs: number): readonly number[] {
    const due = this.#due;
    due.length = 0;
    if (this.#missing.size === 0) return due;
    const { reorderMs, retryMs, maxTries, giveUpMs } = this.#rules;
    const againMs = Math.max(retryMs, rttMs);
    for (const [sequence, missing] of this.#missing) {
      const ageMs = nowMs - missing.sinceMs;
      const waited = nowMs - missing.askedMs >= againMs;
      if (ageMs >= giveUpMs || (missing.tries >= maxTries && waited)) {
        this.#missing.delete(sequence);
        this.lost += 1;
      } else if (missing.tries === 0 ? ageMs >= reorderMs : missing.tries < maxTries && waited) {
        missing.tries += 1;
        missing.askedMs = nowMs;
        due.push(sequence);
      }
    }
    this.requested += due.length;
    return due;
  }

  /** Stops asking for packets before this one: a keyframe made them useless. They count as lost. */
  forgetBefore(sequence: number): void {
    for (const missing of this.#missing.keys()) {
      if (missing >= sequence) return;
      this.#missing.delete(missing);
      this.lost += 1;
    }
  }

  #fill(sequence: number): void {
    const missing = this.#missing.get(sequence);
    if (missing === undefined) return;
    this.#missing.delete(sequence);
    if (missing.tries > 0) this.repaired += 1;
  }

  /** The packets from `first` up to `end`, that one not included, are missing. */
  #open(first: number, end: number, nowMs: number): void {
    if (end - first > this.#rules.window) {
      this.lost += end - first + this.#missing.size;
      this.resets += 1;
      this.#missing.clear();
      return;
    }
    for (let sequence = first; sequence < end; sequence += 1) {
      this.#missing.set(sequence, { sinceMs: nowMs, askedMs: 0, tries: 0 });
    }
    for (const oldest of this.#missing.keys()) {
      if (this.#missing.size <= this.#rules.window) return;
      this.#missing.delete(oldest);
      this.lost += 1;
    }
  }
}
