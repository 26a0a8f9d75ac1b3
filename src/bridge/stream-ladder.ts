import type { LadderReport } from '#src/core/cmaf.ts';
import type { BudgetClaim } from './core-budget.ts';
import { rungsBelow, type LadderName, type PictureSize, type Rung } from './ladder.ts';

/** The ladder of one stream: what its name promises for a picture's size, less what the machine has no room for. */
export class StreamLadder implements Disposable {
  readonly #name: LadderName;
  readonly #claim: BudgetClaim;
  #promised: readonly Rung[] = [];

  constructor(name: LadderName, claim: BudgetClaim) {
    this.#name = name;
    this.#claim = claim;
  }

  /** Rungs for a top of this size that may be encoded now. */
  rungs(top: PictureSize): readonly Rung[] {
    this.#promised = rungsBelow(this.#name, top);
    const allowed = this.#promised.slice(this.#claim.withheld);
    this.#claim.encodes(allowed.map(({ width, height }) => width * height));
    return allowed;
  }

  /** Whether the budget has changed its mind since these rungs were handed out. */
  outdates(rungs: readonly Rung[]): boolean {
    return rungs.length !== this.#promised.slice(this.#claim.withheld).length;
  }

  /** What FFmpeg was measured to use. */
  uses(cores: number, nowMs: number): void {
    this.#claim.uses(cores, nowMs);
  }

  /** Nothing is encoded: there is no FFmpeg now. */
  rest(nowMs: number): void {
    this.#claim.encodes([]);
    this.#claim.uses(0, nowMs);
  }

  /** FFmpeg lets pictures wait until they must be dropped. */
  lags(nowMs: number): void {
    this.#claim.lags(nowMs);
  }

  /** FFmpeg ended again and again without having given anything: perhaps it cannot encode. */
  fails(nowMs: number): void {
    this.#claim.fails(nowMs);
  }

  /** Undefined where there is nothing to choose from. */
  report(encoded: readonly Rung[]): LadderReport | undefined {
    if (this.#promised.length === 0) return undefined;
    const withheld = this.#promised.slice(0, this.#claim.withheld).map(({ rendition }) => rendition);
    return { name: this.#name, rungs: encoded, withheld, reason: this.#claim.reason };
  }

  [Symbol.dispose](): void {
    this.#claim[Symbol.dispose]();
  }
}
