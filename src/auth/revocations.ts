import { tooManyRevocations } from './failures.ts';

/** As many as are remembered at a time. */
export const maxRevocations = 50_000;

/** Revoked tokens, and what keeps them over a restart. */
export interface RevocationStore {
  readonly memory: Revocations;
  /** Keeps what the memory holds; false where it cannot be kept. Never rejects. */
  save(): Promise<boolean>;
}

/** Revoked tokens of this process alone. */
export function fleetingRevocations(nowMs: () => number): RevocationStore {
  return { memory: new Revocations(nowMs), save: () => Promise.resolve(false) };
}

/** Revoked tokens, each remembered until it would have expired anyway. */
export class Revocations {
  readonly #untilMs = new Map<string, number>();
  readonly #limit: number;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number, limit = maxRevocations) {
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

  /** Those that count, with their ends in milliseconds since 1970. */
  list(): readonly (readonly [jti: string, untilMs: number])[] {
    this.#forgetOver();
    return [...this.#untilMs];
  }

  get size(): number {
    return this.#untilMs.size;
  }

  #forgetOver(): void {
    const nowMs = this.#nowMs();
    for (const [jti, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(jti);
  }
}
