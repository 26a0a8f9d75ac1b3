import { ntpShortToMs } from '#src/rtp/ntp.ts';

/** Timestamps that are remembered: at one a second, an answer names one of the last few. */
const remembered = 8;
/** A round trip beyond this is a wrong answer, not a long way. */
const maxRttMs = 30_000;

/**
 * Round trips by answers to timestamps that we sent: report blocks answer sender reports (RFC 3550 section 6.4.1), DLRR
 * answers receiver reference times (RFC 3611 section 4.5). What the timestamps say does not matter, so any clock may have
 * made them: the moment of sending is looked up, not computed.
 */
export class RoundTrips {
  readonly #middles = new Uint32Array(remembered);
  readonly #sentMs = new Float64Array(remembered);
  #sent = 0;

  /** A timestamp with these middle 32 bits leaves now. */
  note(middle: number, nowMs: number): void {
    this.#middles[this.#sent % remembered] = middle;
    this.#sentMs[this.#sent % remembered] = nowMs;
    this.#sent += 1;
  }

  /** The round trip by an answer that was held for `delay` (in 1/65536 s); undefined when it answers none of the last ones. */
  rttMs(middle: number, delay: number, nowMs: number): number | undefined {
    if (middle === 0) return undefined;
    for (let i = 0; i < Math.min(this.#sent, remembered); i += 1) {
      if (this.#middles[i] !== middle) continue;
      const rttMs = nowMs - (this.#sentMs[i] ?? nowMs) - ntpShortToMs(delay);
      return rttMs < maxRttMs ? Math.max(0, rttMs) : undefined;
    }
    return undefined;
  }
}
