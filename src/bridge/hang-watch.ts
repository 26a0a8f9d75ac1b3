/** A process as the watch sees it. */
export interface WatchedProcess {
  /** Bytes that came out so far. */
  readonly bytesOut: number;
  /** Rungs that it encodes, all from the same pictures. */
  readonly plan: { readonly rungs: readonly { readonly rendition: string }[] };
  /** Bytes of one rendition that came out so far. */
  bytesOf(rendition: string): number;
  /** When input went in last. */
  readonly lastInputMs: number;
}

/** How long a process may be silent. */
export interface Patience {
  /** Before its first output. */
  readonly startTimeoutMs: number;
  /** Afterwards. */
  readonly stallTimeoutMs: number;
}

/** Input that pauses for longer excuses a silent output. */
const inputGapMs = 1_000;
/** A rung may hold back pictures for longer than a copy. */
const rungPatience = 2;

interface Movement {
  bytes: number;
  movedMs: number;
}

/** Notices that a process, or one of its encoders, gives nothing while its input goes on. Pure. */
export class HangWatch {
  readonly #patience: Patience;
  #all: Movement = { bytes: 0, movedMs: 0 };
  readonly #rungs = new Map<string, Movement>();

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** Another process begins. */
  begin(nowMs: number): void {
    this.#all = { bytes: 0, movedMs: nowMs };
    this.#rungs.clear();
  }

  /** What is wrong; undefined while all is well. */
  look(process: WatchedProcess, nowMs: number): string | undefined {
    const { startTimeoutMs, stallTimeoutMs } = this.#patience;
    const excused = nowMs - process.lastInputMs > inputGapMs;
    if (process.bytesOut > this.#all.bytes || excused)
      this.#all = { bytes: process.bytesOut, movedMs: nowMs };
    const patienceMs = process.bytesOut > 0 ? stallTimeoutMs : startTimeoutMs;
    if (nowMs - this.#all.movedMs > patienceMs) return 'FFmpeg gave nothing while its input went on';
    for (const { rendition } of process.plan.rungs) {
      const bytes = process.bytesOf(rendition);
      const rung = this.#rungs.get(rendition) ?? { bytes: 0, movedMs: nowMs };
      if (bytes > rung.bytes || excused || process.bytesOut === 0) rung.movedMs = nowMs;
      rung.bytes = bytes;
      this.#rungs.set(rendition, rung);
      const rungPatienceMs = bytes > 0 ? rungPatience * stallTimeoutMs : startTimeoutMs;
      if (nowMs - rung.movedMs > rungPatienceMs)
        return `FFmpeg gave nothing of ${rendition}, but of the others`;
    }
    return undefined;
  }
}
