import type { TransportFeedbackHead } from '#src/rtp/rtcp/types.ts';
import { Gcc } from './gcc.ts';
import { LossControl } from './loss-control.ts';
import { LossLadder } from './loss-ladder.ts';
import { ProbePlanner } from './probe-planner.ts';
import type { ProbeFacts } from './probe-planner.ts';
import { RembEstimate } from './remb-estimate.ts';
import { comfortableBps, indexOf, RungChoice } from './rung-choice.ts';
import type { Rung } from './rung-choice.ts';
import { defaultBandwidth } from './settings.ts';
import type { BandwidthSettings } from './settings.ts';
import type { Usage } from './trendline.ts';

/** Who tells, or is expected to tell, how much fits. */
export type BandwidthSource = 'none' | 'transport-cc' | 'remb';

const chooseEveryMs = 100;
/** Before the first report of one. */
const rttStartMs = 200;
/** Transport feedback outranks REMB unless it has been silent for this long. */
const transportFreshMs = 5_000;
/** Negotiated feedback that has not come by then does not come. */
const firstAnswerMs = 5_000;
/** Audio's own margin: it is never part of the choice. */
const audioFactor = 1.1;
/** A probe tries the next rung with some room above the margin that the choice wants. */
const probeFactor = 1.2;
/** A cut this recent is congestion, not a picture that grew. */
const congestedMs = 1_000;
/** With more loss than this, a probe would prove nothing. */
const calmLoss = 0.075;
/** Retransmissions take about the share that is lost; beyond this the estimate has fallen anyway. */
const repairShareMax = 0.25;
const dropShare = 0.66;
/** A receiver's own estimate hardly exceeds what it gets: when it has not fallen for so long, what is sent fits... */
const rembHoldMs = 3_000;
/** ...and when it has not for so long, the next rung is tried: it would fall if that were too much. */
const rembTryMs = 8_000;
const rembLoss = 0.02;
/** A fall that ends above this share of what is sent takes back what a probe promised, and is no complaint. */
const rembGivenShare = 0.9;
/** An estimate not cut for this long is the level that the next drop is compared with. */
const levelMs = 2_000;

/**
 * All that is known about one viewer's path, and the video rung that follows. Time is an argument; calls for packets and
 * statuses allocate nothing. Memory is about 20 KiB.
 */
export class ViewerBandwidth<K> {
  readonly #startBps: number;
  readonly #loss: LossControl;
  readonly #planner: ProbePlanner;
  readonly #gcc: Gcc;
  readonly #remb: RembEstimate;
  readonly #choice = new RungChoice<K>();
  readonly #ladder = new LossLadder<K>();
  readonly #facts: ProbeFacts = {
    calm: true,
    sustained: false,
    estimateBps: 0,
    goalBps: 0,
    topBps: 0,
    rttMs: rttStartMs,
    jitterMs: 0,
  };
  #source: BandwidthSource;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #openedMs = Number.NaN;
  #rttMs = rttStartMs;
  #levelBps = 0;
  #changedMs = Number.NEGATIVE_INFINITY;
  #givenBps = 0;
  #complainedMs = Number.NEGATIVE_INFINITY;
  #chosenMs = Number.NEGATIVE_INFINITY;
  #fresh = false;
  /** A burst of the caller's own would blur what a probe tells. */
  busy = false;

  /** `expected`: the feedback that was negotiated. */
  constructor(expected: BandwidthSource, settings: BandwidthSettings = defaultBandwidth) {
    this.#source = expected;
    this.#startBps = settings.startBps;
    this.#loss = new LossControl(settings);
    this.#remb = new RembEstimate(settings);
    this.#planner = new ProbePlanner(settings.startBps);
    this.#gcc = new Gcc({ settings, loss: this.#loss, cluster: this.#planner.cluster });
  }

  /** Rate the path is believed to carry, audio and repairs included; 0 while nobody told. */
  get estimateBps(): number {
    if (this.#source === 'none') return 0;
    if (this.#source === 'transport-cc') return this.#gcc.estimateBps;
    return Math.min(this.#remb.bps || this.#startBps, this.#loss.bps);
  }

  get source(): BandwidthSource {
    return this.#source;
  }

  get usage(): Usage {
    return this.#gcc.usage;
  }

  /** Share of packets lost lately, 0 to 1. */
  get lossRatio(): number {
    return this.#loss.ratio;
  }

  /** Rate that arrives, by transport feedback; 0 until known. */
  get ackedBps(): number {
    return this.#gcc.ackedBps;
  }

  /** From sending a packet to hearing of it, by transport feedback: queues on the way included; 0 until known. */
  get responseMs(): number {
    return this.#gcc.responseMs;
  }

  /** The rung the viewer should get, also while {@link paused}; undefined while there is none. */
  get wanted(): K | undefined {
    return this.#choice.key;
  }

  /** Not even the smallest rung fits: send audio only. */
  get paused(): boolean {
    return this.#choice.paused;
  }

  /** Notes any RTP packet on its way to this viewer, and returns the transport-wide number it carries. */
  sent(bytes: number, nowMs: number): number {
    return this.#gcc.sent(bytes, nowMs);
  }

  /** Notes a packet that carries no such number: probes are paced by what goes out, whoever judges them. */
  sentUnnumbered(bytes: number, nowMs: number): void {
    const { cluster } = this.#planner;
    if (cluster.sending) cluster.sent(bytes, nowMs);
  }

  /** A transport-wide feedback message begins. */
  feedbackBegins(head: Readonly<TransportFeedbackHead>): void {
    this.#gcc.feedbackBegins(head);
  }

  /** One status of that message. */
  status(sequence: number, arrivedUs: number | undefined): void {
    this.#gcc.status(sequence, arrivedUs);
  }

  /** That message is over. */
  feedbackEnds(nowMs: number): void {
    if (!this.#gcc.feedbackEnds(this.#rttMs, nowMs)) return;
    this.#source = 'transport-cc';
    this.#answeredMs = nowMs;
    this.#fresh = true;
  }

  /** The receiver's own estimate came. */
  remb(bps: number, nowMs: number): void {
    this.#remb.add(bps, nowMs);
    if (this.#remb.decreasedMs === nowMs && bps < rembGivenShare * this.#givenBps) this.#complainedMs = nowMs;
    if (this.#source === 'transport-cc' && nowMs - this.#answeredMs < transportFreshMs) return;
    if (this.#source !== 'remb' || this.#answeredMs < 0) this.#changedMs = nowMs;
    this.#source = 'remb';
    this.#answeredMs = nowMs;
    this.#fresh = true;
  }

  /** A receiver report came; `fractionLost` 0 to 1. */
  receiverReport(fractionLost: number, nowMs: number): void {
    this.#ladder.report(fractionLost, nowMs);
    // Transport feedback tells of every packet: a second, coarser count would only blur it.
    if (this.#source === 'transport-cc') return;
    this.#loss.reported(fractionLost);
    if (this.#source === 'remb') this.#loss.update(this.estimateBps, 0, this.#rttMs, nowMs);
  }

  /** The round trip was measured. */
  rtt(rttMs: number): void {
    this.#rttMs = rttMs;
  }

  /**
   * Chooses a rung (`rungs` in ascending order of rate) and plans probes, at most every 100 ms and when feedback came; true
   * when {@link wanted} or {@link paused} changed.
   */
  tick(nowMs: number, rungs: readonly Rung<K>[], audioBps: number): boolean {
    if (!this.#fresh && nowMs - this.#chosenMs < chooseEveryMs) return false;
    this.#fresh = false;
    this.#chosenMs = nowMs;
    this.#expect(nowMs);
    const { wanted, paused } = this;
    if (this.#source === 'none') {
      this.#choice.force(this.#ladder.choose(rungs, nowMs));
    } else {
      if (this.#source === 'transport-cc') this.#gcc.tick(nowMs);
      this.#probe(rungs, audioBps, nowMs);
      this.#level(nowMs);
      const availableBps = this.#available(rungs, audioBps, nowMs);
      this.#choice.choose(rungs, availableBps, nowMs - this.#decreasedMs() < congestedMs, nowMs);
    }
    const isChanged = this.wanted !== wanted || this.paused !== paused;
    if (isChanged) this.#changedMs = nowMs;
    return isChanged;
  }

  /**
   * Bytes to send now, beyond media, to find out whether more fits: copies of recent packets as RTX, or padding, each noted
   * with {@link sent}. Mostly 0; may be asked on every tick.
   */
  probeBytes(nowMs: number): number {
    return this.#planner.cluster.dueBytes(nowMs);
  }

  /** The rungs will be others, because the viewer wants it so: chosen anew with the next {@link tick}, without patience. */
  reconsider(): void {
    this.#choice.reconsider();
    this.#fresh = true;
  }

  /** Gives up on feedback that was negotiated and never comes. */
  #expect(nowMs: number): void {
    if (Number.isNaN(this.#openedMs)) this.#openedMs = nowMs;
    if (this.#answeredMs < 0 && nowMs - this.#openedMs > firstAnswerMs) this.#source = 'none';
  }

  #repairShare(): number {
    return Math.min(repairShareMax, this.#loss.ratio);
  }

  /** What video may take. */
  #available(rungs: readonly Rung<K>[], audioBps: number, nowMs: number): number {
    const byEstimate = (this.estimateBps - audioFactor * audioBps) * (1 - this.#repairShare());
    if (this.paused) return byEstimate;
    if (this.#source === 'remb') return Math.max(byEstimate, this.#shownBps(rungs, nowMs));
    const smallest = rungs[0];
    if (smallest?.key !== this.wanted) return byEstimate;
    // The smallest picture that arrives is one that fits: only what is missing at the other end may take it away.
    return Math.max(byEstimate, Math.min(smallest?.bps ?? 0, this.#gcc.ackedBps - audioBps));
  }

  /** What a receiver that estimates by itself has shown to fit, by not complaining. */
  #shownBps(rungs: readonly Rung<K>[], nowMs: number): number {
    const at = indexOf(rungs, this.wanted);
    this.#givenBps = rungs[at]?.bps ?? 0;
    if (at < 0 || this.#loss.ratio > rembLoss) return 0;
    const quietMs = nowMs - Math.max(this.#complainedMs, this.#loss.decreasedMs);
    if (Math.min(quietMs, nowMs - this.#changedMs) > rembTryMs) {
      // Just enough for the choice, not for one that did not last.
      for (let i = at + 1; i < rungs.length; i += 1) {
        const bps = rungs[i]?.bps ?? 0;
        if (bps > (rungs[at]?.bps ?? 0)) return comfortableBps(bps) + 1;
      }
    }
    return quietMs > rembHoldMs ? (rungs[at]?.bps ?? 0) : 0;
  }

  #decreasedMs(): number {
    const byPath = this.#source === 'remb' ? this.#remb.decreasedMs : this.#gcc.decreasedMs;
    return Math.max(byPath, this.#loss.decreasedMs);
  }

  #probe(rungs: readonly Rung<K>[], audioBps: number, nowMs: number): void {
    const facts = this.#facts;
    facts.calm = this.#source === 'remb' || this.#gcc.usage !== 'overusing';
    if (this.#loss.slowRatio >= calmLoss) facts.calm = false;
    facts.sustained = this.#source === 'remb';
    facts.estimateBps = this.estimateBps;
    facts.rttMs = this.#rttMs;
    facts.jitterMs = this.#gcc.jitterMs;
    facts.goalBps = 0;
    facts.topBps = 0;
    const whole = 1 - this.#repairShare();
    const audio = audioFactor * audioBps;
    for (let i = 0; i < rungs.length; i += 1) {
      const bps = rungs[i]?.bps ?? 0;
      facts.topBps = (probeFactor * bps) / whole + audio;
      const covered = comfortableBps(bps) / whole + audio < facts.estimateBps;
      if (bps > 0 && facts.goalBps === 0 && !covered) facts.goalBps = facts.topBps;
    }
    this.#loss.floorBps = (probeFactor * (rungs[0]?.bps ?? 0)) / whole + audio;
    // Nothing to be learnt from a path before it has answered once.
    if (this.#answeredMs < 0) return;
    if (this.busy) facts.calm = false;
    const shownBps = this.#planner.plan(facts, nowMs);
    if (shownBps > 0) this.#gcc.probed(shownBps, nowMs);
  }

  /** Tells the planner of sudden drops. */
  #level(nowMs: number): void {
    const bps = this.estimateBps;
    if (bps < dropShare * this.#levelBps) {
      this.#planner.dropped(nowMs);
      this.#levelBps = bps;
    } else if (bps > this.#levelBps || nowMs - this.#decreasedMs() > levelMs) {
      this.#levelBps = bps;
    }
  }
}
