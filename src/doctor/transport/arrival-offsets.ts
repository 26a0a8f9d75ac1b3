/** The smallest offset of each window counts: queues only ever add. */
const windowMs = 5_000;
const keptWindows = 13;
/** Timestamps that part from the arrival times by more than this broke off. */
const maxJumpMs = 3_000;
/** A drift is a line: its middle lies between its ends. A step, as of another route, is not. */
const bendShare = 0.35;

/** Arrival minus media time of one track over the last minute: the smallest of every few seconds. */
export class ArrivalOffsets {
  readonly #ticksPerMs: number;
  #ticks: number | undefined;
  #arrivedMs = 0;
  #startMs = 0;
  #smallest = Infinity;
  /** Of the full windows, oldest first. */
  #windows: { readonly atMs: number; readonly offsetMs: number }[] = [];

  constructor(ticksPerMs: number) {
    this.#ticksPerMs = ticksPerMs;
  }

  /** Takes a packet and gives its media time; undefined when its timestamp broke off from those before, which are forgotten. */
  add(timestamp: number, arrivedMs: number): number | undefined {
    const before = this.#ticks;
    const ticks = before === undefined ? timestamp : before + ((timestamp - before) | 0);
    const stepMs = before === undefined ? 0 : (ticks - before) / this.#ticksPerMs;
    const broken = before !== undefined && Math.abs(stepMs - (arrivedMs - this.#arrivedMs)) > maxJumpMs;
    if (broken) this.#forget();
    if (before === undefined || broken) this.#startMs = arrivedMs;
    this.#ticks = ticks;
    this.#arrivedMs = arrivedMs;
    const mediaMs = ticks / this.#ticksPerMs;
    if (arrivedMs - this.#startMs >= windowMs) this.#close(arrivedMs);
    this.#smallest = Math.min(this.#smallest, arrivedMs - mediaMs);
    return broken ? undefined : mediaMs;
  }

  /** Media time of a timestamp near the newest; undefined before the first packet. */
  mediaMs(timestamp: number): number | undefined {
    if (this.#ticks === undefined) return undefined;
    return (this.#ticks + ((timestamp - this.#ticks) | 0)) / this.#ticksPerMs;
  }

  /** The smallest offset of the last seconds. */
  get recentMs(): number | undefined {
    const offsetMs = Math.min(this.#smallest, this.#windows.at(-1)?.offsetMs ?? Infinity);
    return offsetMs === Infinity ? undefined : offsetMs;
  }

  /** How much faster (below 0) or slower than ours the publisher's clock runs; undefined before a minute has passed. */
  get driftPpm(): number | undefined {
    const first = this.#windows[0];
    const middle = this.#windows[keptWindows >> 1];
    const last = this.#windows[keptWindows - 1];
    if (!first || !middle || !last) return undefined;
    const rise = last.offsetMs - first.offsetMs;
    const bend = Math.abs(middle.offsetMs - (first.offsetMs + last.offsetMs) / 2);
    if (bend > bendShare * Math.abs(rise)) return 0;
    return (1e6 * rise) / (last.atMs - first.atMs);
  }

  #close(nowMs: number): void {
    this.#windows.push({ atMs: this.#startMs, offsetMs: this.#smallest });
    if (this.#windows.length > keptWindows) this.#windows.shift();
    this.#startMs = nowMs;
    this.#smallest = Infinity;
  }

  #forget(): void {
    this.#windows = [];
    this.#smallest = Infinity;
  }
}
