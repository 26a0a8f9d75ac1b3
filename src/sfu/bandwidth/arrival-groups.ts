/** Packets sent within this time are one group, whose last arrival counts. */
const groupMs = 5;
/** Packets that arrive this close behind others, faster than they were sent, left a queue together. */
const burstGapMs = 5;
/** Longest such burst. */
const burstMaxMs = 100;
/** A larger disagreement of both clocks is a receiver that slept or set its clock, not a queue. */
const clockJumpMs = 3_000;
/** As many groups in a row that arrive before their predecessor mean a receiver that began anew. */
const reorderedMax = 3;

/**
 * Groups packets by send time and tells how the gap between two groups changed on the way
 * (draft-ietf-rmcat-gcc-02 sections 5.1 and 5.2). One frame sent as a burst is one group, so that its own length is no
 * sign of a growing queue.
 */
export class ArrivalGroups {
  /** Gap between the last two complete groups at the sender and at the receiver; valid after {@link add} returned true. */
  sendDeltaMs = 0;
  arrivalDeltaMs = 0;
  #firstSentMs = Number.NaN;
  #firstArrivedMs = 0;
  #lastSentMs = 0;
  #lastArrivedMs = 0;
  #beforeSentMs = Number.NaN;
  #beforeArrivedMs = 0;
  #reordered = 0;

  /** Notes an arrival, in the order of sending; true when that completed a group and the deltas are new. */
  add(sentMs: number, arrivedMs: number): boolean {
    if (Number.isNaN(this.#firstSentMs)) {
      this.#begin(sentMs, arrivedMs);
      return false;
    }
    // Late in feedback that came out of order: its group is over.
    if (sentMs < this.#firstSentMs) return false;
    if (this.#belongs(sentMs, arrivedMs)) {
      if (sentMs > this.#lastSentMs) this.#lastSentMs = sentMs;
      if (arrivedMs > this.#lastArrivedMs) this.#lastArrivedMs = arrivedMs;
      return false;
    }
    const complete = this.#complete();
    if (Number.isNaN(this.#firstSentMs)) {
      this.#begin(sentMs, arrivedMs);
      return false;
    }
    this.#beforeSentMs = this.#lastSentMs;
    this.#beforeArrivedMs = this.#lastArrivedMs;
    this.#begin(sentMs, arrivedMs);
    return complete;
  }

  #begin(sentMs: number, arrivedMs: number): void {
    this.#firstSentMs = sentMs;
    this.#firstArrivedMs = arrivedMs;
    this.#lastSentMs = sentMs;
    this.#lastArrivedMs = arrivedMs;
  }

  #belongs(sentMs: number, arrivedMs: number): boolean {
    if (sentMs - this.#firstSentMs <= groupMs) return true;
    const arrivalGapMs = arrivedMs - this.#lastArrivedMs;
    // Far behind what came before it is no burst but another clock.
    const faster = arrivalGapMs < sentMs - this.#lastSentMs && arrivalGapMs > -burstMaxMs;
    return faster && arrivalGapMs <= burstGapMs && arrivedMs - this.#firstArrivedMs < burstMaxMs;
  }

  /** Works out the deltas of the group that just ended; false when there is nothing to compare it with. */
  #complete(): boolean {
    if (Number.isNaN(this.#beforeSentMs)) return false;
    this.sendDeltaMs = this.#lastSentMs - this.#beforeSentMs;
    this.arrivalDeltaMs = this.#lastArrivedMs - this.#beforeArrivedMs;
    if (Math.abs(this.arrivalDeltaMs - this.sendDeltaMs) > clockJumpMs) {
      this.#reset();
      return false;
    }
    if (this.arrivalDeltaMs >= 0) {
      this.#reordered = 0;
      return true;
    }
    this.#reordered += 1;
    if (this.#reordered >= reorderedMax) this.#reset();
    return false;
  }

  #reset(): void {
    this.#firstSentMs = Number.NaN;
    this.#beforeSentMs = Number.NaN;
    this.#reordered = 0;
  }
}
