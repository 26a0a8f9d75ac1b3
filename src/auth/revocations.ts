import { tooManyRevocations } from './failures.ts';

/** Revoked tokens, each remembered until it would have expired anyway. In memory: a restart forgets them. */
export class Revocations {
  readonly #untilMs = new Map<string, number>();
  readonly #limit: number;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number, limit = 50_000) {
    this.#nowMs = nowMs;
    this.#limit = limit;
  }

  /** Remembers a `jti`; throws `too-many-revocations` rather than forgetting one that still counts. */
  add(jti: string, untilMs: number): void {
    if (!this.#untilMs.has(jti) && this.#untilMs.size >= this.#limit) {
      this.#forgetOver();
      if (this.#untilMs.size >= this.#limit) throw tooManyRevocations();
    }
    this.#untilMs.set(jti, Math.max(untilMs, this.#untilMs.get(jti) ?? 0));
  }

  has(jti: string): boolean {
    return this.#untilMs.has(jti);
  }

  get size(): number {
    return this.#untilMs.size;
  }

  #forgetOver(): void {
    const nowMs = this.#nowMs();
    for (const [jti, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(jti);
  }
}
