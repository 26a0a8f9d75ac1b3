import type { TransportFeedbackHead } from '#src/rtp/rtcp/types.ts';
import { AckedRate } from './acked-rate.ts';
import { ArrivalGroups } from './arrival-groups.ts';
import type { LossControl } from './loss-control.ts';
import type { ProbeCluster } from './probe-cluster.ts';
import { QueueDelay } from './queue-delay.ts';
import { RateControl } from './rate-control.ts';
import { SentHistory } from './sent-history.ts';
import type { BandwidthSettings } from './settings.ts';
import { Trendline } from './trendline.ts';
import type { Usage } from './trendline.ts';

/** The reference time of feedback has 24 bits of 64 ms. */
const referenceSpanMs = 64 * 0x100_0000;
/** A queue that our own probe made is gone this long, and a round trip, after it. */
const probeQueueMs = 300;
/** Below this share of the estimate, what arrives says nothing about the path. */
const limitedShare = 0.6;
/** No feedback for this long, though packets go out: the path may be gone. */
const silenceMs = 1_500;
const silenceStepMs = 500;
const silenceFactor = 0.85;
/** Beyond this, nothing came at all, and no queue is so long. */
const responseMaxMs = 1_000;

/** What a {@link Gcc} shares with its owner. */
export interface GccParts {
  readonly settings: BandwidthSettings;
  readonly loss: LossControl;
  readonly cluster: ProbeCluster;
}

/**
 * Google congestion control at the sender (draft-ietf-rmcat-gcc-02) from transport-wide feedback: delay, loss, and the rate
 * that arrives. Feedback that repeats, comes out of order or names packets never sent changes nothing.
 */
export class Gcc {
  readonly #history = new SentHistory();
  readonly #groups = new ArrivalGroups();
  readonly #trendline = new Trendline();
  readonly #queue = new QueueDelay();
  readonly #acked = new AckedRate();
  readonly #rate: RateControl;
  readonly #loss: LossControl;
  readonly #cluster: ProbeCluster;
  #referenceMs = Number.NaN;
  #referenceWireMs = 0;
  #feedbackCount = -1;
  #usage: Usage = 'normal';
  #news = false;
  #answered = false;
  #newestToldMs = Number.NEGATIVE_INFINITY;
  #responseMs = 0;
  /** First packet sent since the last feedback. */
  #unansweredMs = Number.NaN;

  constructor(parts: GccParts) {
    this.#rate = new RateControl(parts.settings);
    this.#loss = parts.loss;
    this.#cluster = parts.cluster;
  }

  /** Rate the path is believed to carry. */
  get estimateBps(): number {
    return Math.min(this.#rate.bps, this.#loss.bps);
  }

  /** What the delay says. */
  get usage(): Usage {
    return this.#usage;
  }

  /** Rate that arrives; 0 until known. */
  get ackedBps(): number {
    return this.#acked.bps;
  }

  /** From sending the last packet that feedback told of to that feedback: queues on the way included; 0 until known. */
  get responseMs(): number {
    return this.#responseMs;
  }

  /** How much delays vary from packet to packet. */
  get jitterMs(): number {
    return this.#queue.jitterMs;
  }

  /** When delay or silence last cut the rate. */
  get decreasedMs(): number {
    return this.#rate.decreasedMs;
  }

  /** Notes a packet and returns its transport-wide number. */
  sent(bytes: number, nowMs: number): number {
    if (Number.isNaN(this.#unansweredMs)) this.#unansweredMs = nowMs;
    const cluster = this.#cluster;
    if (!cluster.sending) return this.#history.sent(bytes, nowMs, 0);
    cluster.sent(bytes, nowMs);
    return this.#history.sent(bytes, nowMs, cluster.id);
  }

  /** A feedback message begins; its {@link status}es follow. */
  feedbackBegins(head: Readonly<TransportFeedbackHead>): void {
    const wireMs = head.referenceTimeMs;
    if (Number.isNaN(this.#referenceMs)) {
      this.#referenceMs = wireMs;
    } else {
      const step = wireMs - this.#referenceWireMs;
      this.#referenceMs += step - referenceSpanMs * Math.round(step / referenceSpanMs);
    }
    this.#referenceWireMs = wireMs;
    this.#news = false;
    if (head.feedbackCount !== ((this.#feedbackCount + 1) & 0xff)) this.#acked.restart();
    this.#feedbackCount = head.feedbackCount;
  }

  /** What became of one packet; `arrivedUs` counts from the head's reference time, undefined means lost. */
  status(sequence: number, arrivedUs: number | undefined): void {
    const history = this.#history;
    const slot = history.find(sequence);
    if (slot < 0) return;
    const probed = this.#cluster.open && history.cluster(slot) === this.#cluster.id;
    if (arrivedUs === undefined) {
      if (!history.markLost(slot)) return;
      this.#news = true;
      this.#loss.lost();
      if (probed) this.#cluster.lost();
      return;
    }
    const wasLost = history.lost(slot);
    if (!history.markAcked(slot)) return;
    this.#news = true;
    if (wasLost) this.#loss.recovered();
    else this.#loss.arrived();
    const arrivedMs = this.#referenceMs + arrivedUs / 1000;
    const bytes = history.bytes(slot);
    const sentMs = history.sentMs(slot);
    this.#acked.add(bytes, arrivedMs);
    // A packet told lost before is counted already.
    if (probed && !wasLost) this.#cluster.acked(bytes, sentMs, arrivedMs);
    if (sentMs > this.#newestToldMs) this.#newestToldMs = sentMs;
    this.#queue.add(sentMs, arrivedMs);
    const groups = this.#groups;
    if (groups.add(sentMs, arrivedMs))
      this.#trendline.add(groups.sendDeltaMs, groups.arrivalDeltaMs, arrivedMs);
  }

  /** The message is over: moves the estimate; false when it told nothing new. */
  feedbackEnds(rttMs: number, nowMs: number): boolean {
    if (!this.#news) return false;
    this.#news = false;
    this.#answered = true;
    this.#unansweredMs = Number.NaN;
    this.#responseMs = Math.min(responseMaxMs, Math.max(0, nowMs - this.#newestToldMs));
    this.#usage = this.#judged(rttMs, nowMs);
    this.#rate.update(this.#usage, this.#acked, rttMs, nowMs);
    this.#loss.update(this.estimateBps, this.#acked.bps, rttMs, nowMs);
    return true;
  }

  /** A probe showed that so much fits. */
  probed(bps: number, nowMs: number): void {
    if (this.#usage === 'overusing') return;
    this.#rate.raise(bps, nowMs);
    this.#loss.raise(bps);
  }

  /** Lowers the rate step by step while nobody answers. */
  tick(nowMs: number): void {
    if (!this.#answered || !(nowMs - this.#unansweredMs >= silenceMs)) return;
    this.#rate.starve(silenceFactor, nowMs);
    this.#unansweredMs = nowMs - silenceMs + silenceStepMs;
  }

  /**
   * Holds instead where the detector sees no more than jitter or what a large frame left, and where a probe made the queue: a viewer of a small layer
   * would fall to a share of the little it is sent.
   */
  #judged(rttMs: number, nowMs: number): Usage {
    const { usage } = this.#trendline;
    if (usage !== 'overusing') return usage;
    if (!this.#queue.standing) return 'underusing';
    const cluster = this.#cluster;
    const probing = cluster.open || nowMs - cluster.endedMs < probeQueueMs + rttMs;
    return probing && this.#acked.peakBps < limitedShare * this.#rate.bps ? 'underusing' : usage;
  }
}
