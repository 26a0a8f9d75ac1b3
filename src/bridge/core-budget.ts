import { availableParallelism } from 'node:os';

/** What a stream's FFmpeg encodes, and what that costs. */
interface Use {
  /** Encoded rungs from the top down, as pixels of a picture. */
  readonly rungPixels: readonly number[];
  /** Sounds that become AAC. */
  readonly sounds: number;
  cores: number;
}

/** A sound from Opus to AAC in fragments of a frame, as measured with FFmpeg 5.1 at 128 kbit/s. */
const coresPerSound = 0.01;

/** One stream's share in the budget. */
export interface BudgetClaim extends Disposable {
  /** How many rungs below the top it must do without, counted from the upper end. */
  readonly withheld: number;
  /** Why, when there are any. */
  readonly reason: string | undefined;
  /** What it encodes below its top now, and how many sounds. */
  encodes(rungPixels: readonly number[], sounds: number): void;
  /** What its FFmpeg was measured to use. */
  uses(cores: number, nowMs: number): void;
  /** Its FFmpeg does not keep up, whatever the machine has left. */
  lags(nowMs: number): void;
  /** Its FFmpeg gives nothing while it encodes rungs: it must do without any. */
  fails(nowMs: number): void;
}

/** Too much for so long before a rung goes: an encoder's start is expensive. */
const overMs = 5_000;
/** After a change the next measurements tell of the time before it. */
const settleMs = 10_000;
/** Room for so long before a rung comes back; doubled each time it has to go again. */
const roomMs = 30_000;
const longestRoomMs = 15 * 60_000;
/** A rung comes back only where this share of the budget would not be exceeded. */
const comfortableShare = 0.9;

/**
 * Shares the machine's cores among the FFmpegs of all streams, by what they are measured to use. Over the budget, the stream
 * with the most rungs gives one up at a time: the uppermost below the top, since the neighbours of that one are near, and
 * whoever is on a slow line keeps the smallest. The top itself always stays. Pure: measurements and time come in.
 */
export class CoreBudget {
  readonly cores: number;
  readonly #claims = new Set<Claim>();
  #overSinceMs: number | undefined;
  #roomSinceMs: number | undefined;
  #changedMs = -Infinity;

  /** `cores`: 0 for all of the machine but one. */
  constructor(cores: number) {
    this.cores = cores > 0 ? cores : Math.max(0.5, availableParallelism() - 1);
  }

  /** Measured use of all streams. */
  get usedCores(): number {
    return [...this.#claims].reduce((sum, claim) => sum + claim.use.cores, 0);
  }

  /** A stream takes part until it is disposed of. */
  claim(): BudgetClaim {
    const claim = new Claim({
      used: (nowMs) => this.#weigh(nowMs),
      lags: (lagging, nowMs) => this.#relieve(lagging, nowMs),
      fails: (failing, nowMs) => this.#strip(failing, nowMs),
      left: () => this.#claims.delete(claim),
    });
    this.#claims.add(claim);
    return claim;
  }

  #weigh(nowMs: number): void {
    const over = this.usedCores > this.cores;
    this.#overSinceMs = over ? (this.#overSinceMs ?? nowMs) : undefined;
    if (nowMs - this.#changedMs < settleMs) return;
    if (this.#overSinceMs !== undefined && nowMs - this.#overSinceMs >= overMs) {
      const used = this.usedCores.toFixed(2);
      const victim = this.#richest();
      const reason = `FFmpeg used ${used} of ${String(this.cores)} cores${this.#soundShare()}`;
      if (victim) this.#withhold(victim, nowMs, reason);
    }
    this.#restore(nowMs);
  }

  /** What sounds have to do with it, where streams have several: those cannot be given up. */
  #soundShare(): string {
    const asides = [...this.#claims].reduce((sum, { use }) => sum + Math.max(0, use.sounds - 1), 0);
    const cores = (asides * coresPerSound).toFixed(2);
    return asides > 0 ? `, about ${cores} of them for ${String(asides)} sounds beside the first` : '';
  }

  #relieve(claim: Claim, nowMs: number): void {
    if (claim.kept === 0 || nowMs - this.#changedMs < settleMs) return;
    this.#withhold(claim, nowMs, 'FFmpeg did not keep up with the publisher');
  }

  #strip(claim: Claim, nowMs: number): void {
    while (claim.kept > 0) this.#withhold(claim, nowMs, 'FFmpeg failed while it encoded them');
  }

  #withhold(claim: Claim, nowMs: number, reason: string): void {
    claim.withhold(reason);
    this.#changedMs = nowMs;
    this.#overSinceMs = undefined;
    this.#roomSinceMs = undefined;
  }

  /** Of those with the most rungs, the one that came last. */
  #richest(): Claim | undefined {
    let richest: Claim | undefined;
    for (const claim of this.#claims) {
      if (claim.kept > 0 && claim.kept >= (richest?.kept ?? 0)) richest = claim;
    }
    return richest;
  }

  /** The stream that lost the most gets one back when there has been room for long. */
  #restore(nowMs: number): void {
    const poorest = [...this.#claims].reduce<Claim | undefined>(
      (poor, claim) => (claim.withheld > (poor?.withheld ?? 0) ? claim : poor),
      undefined,
    );
    const fits = poorest && this.usedCores + poorest.returnCores <= comfortableShare * this.cores;
    this.#roomSinceMs = fits ? (this.#roomSinceMs ?? nowMs) : undefined;
    if (!poorest || this.#roomSinceMs === undefined) return;
    const patienceMs = Math.min(longestRoomMs, roomMs * 2 ** Math.max(0, poorest.losses - 1));
    if (nowMs - this.#roomSinceMs < patienceMs) return;
    poorest.giveBack();
    this.#changedMs = nowMs;
    this.#roomSinceMs = undefined;
  }
}

interface ClaimEvents {
  used(nowMs: number): void;
  lags(claim: Claim, nowMs: number): void;
  fails(claim: Claim, nowMs: number): void;
  left(): void;
}

class Claim implements BudgetClaim {
  readonly #events: ClaimEvents;
  /** Estimated cost of each rung that was withheld, the last one at the end. */
  readonly #costs: number[] = [];
  use: Use = { rungPixels: [], sounds: 0, cores: 0 };
  /** How often it lost a rung. */
  losses = 0;
  reason: string | undefined;

  constructor(events: ClaimEvents) {
    this.#events = events;
  }

  get withheld(): number {
    return this.#costs.length;
  }

  get kept(): number {
    return this.use.rungPixels.length;
  }

  /** What the rung that went last would cost. */
  get returnCores(): number {
    return this.#costs.at(-1) ?? 0;
  }

  encodes(rungPixels: readonly number[], sounds: number): void {
    this.use = { rungPixels, sounds, cores: this.use.cores };
  }

  uses(cores: number, nowMs: number): void {
    this.use.cores = cores;
    this.#events.used(nowMs);
  }

  lags(nowMs: number): void {
    this.#events.lags(this, nowMs);
  }

  fails(nowMs: number): void {
    this.#events.fails(this, nowMs);
  }

  /** Does without its uppermost rung from now on. Its cost is overrated: what decoding takes counts as encoding. */
  withhold(reason: string): void {
    const [uppermost = 0, ...others] = this.use.rungPixels;
    const all = this.use.rungPixels.reduce((sum, pixels) => sum + pixels, 0);
    const { cores, sounds } = this.use;
    const pictureCores = Math.max(0, cores - sounds * coresPerSound);
    this.#costs.push(all > 0 ? (pictureCores * uppermost) / all : 0);
    this.encodes(others, sounds);
    this.losses += 1;
    this.reason = reason;
  }

  giveBack(): void {
    this.#costs.pop();
    if (this.#costs.length === 0) this.reason = undefined;
  }

  [Symbol.dispose](): void {
    this.#events.left();
  }
}
