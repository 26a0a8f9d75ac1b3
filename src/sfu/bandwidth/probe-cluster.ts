/** A cluster needs this many packets to mean anything. */
export const probePacketsMin = 5;
/** Copies go out on ticks: the first may carry what the next interval is due. */
const tickMs = 10;
/** A caller that has nothing to send by then has nothing. */
const sendingMaxMs = 500;
/** Feedback that has not told by then was lost. */
const resultTimeoutMs = 1_000;
const arrivedShareMin = 0.8;
/** Arriving more than this much faster than sent is an artefact of some queue on the way. */
const speedUpMax = 2;
/** Below this share of the sending rate, the path was full and what arrived is its capacity, less a reserve. */
const saturated = 0.9;
const saturatedReserve = 0.95;
/** A second half shorter than this is blurred too much by the ticks on which copies are sent. */
const lateMinMs = 35;
/** Packets sent within this time left in one go. */
const sameInstantMs = 1;

/**
 * One burst of packets at a known pace, and what arrived of it. Media sent meanwhile belongs to it: it fills the path just
 * as well. One cluster at a time.
 */
export class ProbeCluster {
  /** 1 to 255; clusters that share a number are minutes apart. */
  id = 0;
  /** Packets still go out. */
  sending = false;
  /** Begun, and its result not yet taken. */
  open = false;
  targetBps = 0;
  sentPackets = 0;
  /** When the last packet went out. */
  endedMs = 0;
  #plannedBytes = 0;
  #startedMs = 0;
  #sentBytes = 0;
  #told = 0;
  #arrivedPackets = 0;
  #arrivedBytes = 0;
  #firstSentMs = 0;
  #lastSentMs = 0;
  #lastSentBytes = 0;
  #firstArrivedMs = 0;
  #firstArrivedBytes = 0;
  #lastArrivedMs = 0;
  /** Where the second half begins: the first packet of an instant. */
  #lateSentMs = Number.NaN;
  #lateArrivedMs = 0;
  #lateBytes = 0;
  #lateFirstBytes = 0;

  begin(targetBps: number, durationMs: number, nowMs: number): void {
    this.id = (this.id % 255) + 1;
    this.sending = true;
    this.open = true;
    this.targetBps = targetBps;
    this.#plannedBytes = (targetBps * durationMs) / 8000;
    this.#startedMs = nowMs;
    this.endedMs = nowMs;
    this.sentPackets = 0;
    this.#sentBytes = 0;
    this.#told = 0;
    this.#arrivedPackets = 0;
    this.#arrivedBytes = 0;
    this.#lateSentMs = Number.NaN;
    this.#lateBytes = 0;
  }

  /** Bytes to send now so that the pace is kept; 0 when none. */
  dueBytes(nowMs: number): number {
    if (!this.sending) return 0;
    const elapsedMs = nowMs - this.#startedMs;
    if (elapsedMs > sendingMaxMs && this.#sentBytes < (this.targetBps * elapsedMs) / 16_000) {
      this.stop();
      return 0;
    }
    const paced = (this.targetBps * (elapsedMs + tickMs)) / 8000;
    const planned = this.sentPackets < probePacketsMin ? Infinity : this.#plannedBytes;
    return Math.max(0, Math.ceil(Math.min(paced, planned) - this.#sentBytes));
  }

  /** Notes a packet that went out while {@link sending}. */
  sent(bytes: number, nowMs: number): void {
    this.sentPackets += 1;
    this.#sentBytes += bytes;
    this.endedMs = nowMs;
    if (this.#sentBytes >= this.#plannedBytes && this.sentPackets >= probePacketsMin) this.sending = false;
  }

  /** Nothing more is sent; what was sent is still judged. */
  stop(): void {
    this.sending = false;
  }

  /** The result is taken or of no interest. */
  close(): void {
    this.sending = false;
    this.open = false;
  }

  /** A packet of this cluster arrived. */
  acked(bytes: number, sentMs: number, arrivedMs: number): void {
    const first = this.#arrivedPackets === 0;
    this.#told += 1;
    this.#arrivedPackets += 1;
    this.#arrivedBytes += bytes;
    if (!Number.isNaN(this.#lateSentMs)) this.#lateBytes += bytes;
    else if (
      !first &&
      sentMs > this.#lastSentMs + sameInstantMs &&
      2 * this.#arrivedBytes > this.#plannedBytes
    ) {
      this.#lateSentMs = sentMs;
      this.#lateArrivedMs = arrivedMs;
      this.#lateBytes = bytes;
      this.#lateFirstBytes = bytes;
    }
    if (first || sentMs < this.#firstSentMs) this.#firstSentMs = sentMs;
    if (first || sentMs > this.#lastSentMs + sameInstantMs) {
      this.#lastSentMs = sentMs;
      this.#lastSentBytes = bytes;
    } else if (sentMs >= this.#lastSentMs) {
      this.#lastSentBytes += bytes;
    }
    if (first || arrivedMs < this.#firstArrivedMs) {
      this.#firstArrivedMs = arrivedMs;
      this.#firstArrivedBytes = bytes;
    }
    if (first || arrivedMs > this.#lastArrivedMs) this.#lastArrivedMs = arrivedMs;
  }

  /** A packet of this cluster was reported lost. */
  lost(): void {
    this.#told += 1;
  }

  /** Whether everything is known that will be. */
  settled(nowMs: number): boolean {
    if (this.sending) return false;
    return this.#told >= this.sentPackets || nowMs - this.endedMs > resultTimeoutMs;
  }

  /** The rate shown to fit, in bit/s; 0 when the cluster proves nothing. */
  resultBps(): number {
    if (this.sentPackets < probePacketsMin) return 0;
    if (this.#arrivedPackets < arrivedShareMin * this.sentPackets) return 0;
    if (this.#arrivedBytes < arrivedShareMin * this.#sentBytes) return 0;
    const sendMs = this.#lastSentMs - this.#firstSentMs;
    const arriveMs = this.#lastArrivedMs - this.#firstArrivedMs;
    if (sendMs <= 0 || arriveMs <= 0 || sendMs > resultTimeoutMs || arriveMs > resultTimeoutMs) return 0;
    // Each end's interval leaves out what filled the instant at its edge.
    const sentBps = (8000 * (this.#arrivedBytes - this.#lastSentBytes)) / sendMs;
    const arrivedBps = (8000 * (this.#arrivedBytes - this.#firstArrivedBytes)) / arriveMs;
    if (arrivedBps > speedUpMax * sentBps) return 0;
    const fitsBps = arrivedBps < saturated * sentBps ? saturatedReserve * arrivedBps : arrivedBps;
    // A frame sent meanwhile makes the burst faster than was asked for, but too short to promise more.
    return Math.min(sentBps, fitsBps, this.targetBps, this.#lateFitsBps());
  }

  /** What the second half shows: a path that lets bursts through shows its lasting rate only when its allowance is used up. */
  #lateFitsBps(): number {
    const sendMs = this.#lastSentMs - this.#lateSentMs;
    const arriveMs = this.#lastArrivedMs - this.#lateArrivedMs;
    if (!(sendMs >= lateMinMs) || arriveMs <= 0) return Number.POSITIVE_INFINITY;
    const sentBps = (8000 * (this.#lateBytes - this.#lastSentBytes)) / sendMs;
    const arrivedBps = (8000 * (this.#lateBytes - this.#lateFirstBytes)) / arriveMs;
    return arrivedBps < saturated * sentBps ? saturatedReserve * arrivedBps : Number.POSITIVE_INFINITY;
  }
}
