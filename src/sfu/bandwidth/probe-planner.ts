import { ProbeCluster, probePacketsMin } from './probe-cluster.ts';

/** First probe, as a multiple of the rate assumed at the start. */
const initialFactor = 3;
/** While a probe shows this share of what it tried, a larger one may follow at once. */
const goOnShare = 0.7;
const goOnFactor = 2;
/** A first probe that shows less is tried again: one burst on a busy machine proves little against the path. */
const initialTries = 3;
const initialRetryMs = 500;
/** A short burst that shows so much more than was known is followed by a long one: many paths let short bursts through. */
const verifyFactor = 1.25;
const verifyMs = 120;
/** The first probe goes for all where that is not much more. */
const initialStretch = 2;
/** Little enough less than the target that the rung it was for then fits with its margin. */
const successShare = 0.93;
/** Long enough for three ticks of packets, too short to fill a queue. */
const clusterMs = 30;
/** Jitter blurs a short burst: each millisecond of it beyond what any path has makes the burst so much longer. */
const jitterFactor = 4;
const jitterUsualMs = 6;
const clusterMaxMs = 80;
/** Without transport feedback the receiver measures over a second: a probe must last. */
const sustainedStartMs = 200;
const sustainedMaxMs = 1_000;
const backOffStartMs = 3_000;
const backOffFactor = 1.5;
/**
 * A failed probe costs one short burst, and nothing else tells that a path has recovered while little is sent: so the wait
 * stays short enough to see a recovery within seconds, however long the bottleneck lasted.
 */
const backOffMaxMs = 8_000;
/** What a probe promised must hold this long to count. */
const confirmMs = 5_000;
/** After a sudden drop, the path is asked again soon: many drops are a passing disturbance. */
const afterDropMs = 1_500;
/** The caller had no packets to send. */
const emptyRetryMs = 1_000;

/** What the planner looks at. */
export interface ProbeFacts {
  /** No queue grows and little is lost. */
  calm: boolean;
  /** Only the receiver's own estimate tells (REMB). */
  sustained: boolean;
  estimateBps: number;
  /** What the next rung takes; 0 when the estimate covers all rungs. */
  goalBps: number;
  /** What the highest rung takes. */
  topBps: number;
  rttMs: number;
  jitterMs: number;
}

/**
 * Decides when to find out whether more fits. A viewer of a small layer is sent little, so its estimate cannot grow by
 * itself: short bursts at the rate of the next rung tell.
 */
export class ProbePlanner {
  readonly cluster = new ProbeCluster();
  /** Rate of the next initial probe; 0 when that phase is over. */
  #initialBps: number;
  #initialLeft = initialTries;
  #knownBps = 0;
  #verifying = false;
  #nextMs = Number.NEGATIVE_INFINITY;
  #backOffMs = backOffStartMs;
  #sustainedMs = sustainedStartMs;
  #confirmedMs = Number.NaN;

  constructor(startBps: number) {
    this.#initialBps = initialFactor * startBps;
  }

  /** Begins and judges clusters; returns the rate a cluster has shown to fit, mostly 0. */
  plan(facts: Readonly<ProbeFacts>, nowMs: number): number {
    if (nowMs >= this.#confirmedMs) {
      this.#confirmedMs = Number.NaN;
      this.#backOffMs = backOffStartMs;
      this.#sustainedMs = sustainedStartMs;
    }
    if (this.cluster.open) return this.#watch(facts, nowMs);
    if (facts.calm && facts.goalBps > 0 && nowMs >= this.#nextMs) this.#begin(facts, nowMs);
    return 0;
  }

  /** The estimate fell by a third or more. */
  dropped(nowMs: number): void {
    if (Number.isNaN(this.#confirmedMs)) {
      this.#nextMs = Math.min(this.#nextMs, nowMs + afterDropMs);
      return;
    }
    this.#confirmedMs = Number.NaN;
    this.#fail(nowMs);
  }

  #begin(facts: Readonly<ProbeFacts>, nowMs: number): void {
    this.#knownBps = facts.estimateBps;
    const initial = this.#initialBps > 0 && !facts.sustained;
    const initialBps = facts.topBps <= initialStretch * this.#initialBps ? facts.topBps : this.#initialBps;
    const targetBps = initial ? initialBps : facts.goalBps;
    this.cluster.begin(targetBps, facts.sustained ? this.#sustainedMs : clusterMsFor(facts.jitterMs), nowMs);
  }

  #watch(facts: Readonly<ProbeFacts>, nowMs: number): number {
    const { cluster } = this;
    if (cluster.sending && !facts.calm) cluster.stop();
    const settleMs = Math.max(250, 5 * facts.rttMs);
    if (facts.sustained) {
      if (cluster.sending || nowMs - cluster.endedMs < settleMs) return 0;
      this.#judge(facts.estimateBps, facts, nowMs);
      return 0;
    }
    if (!cluster.settled(nowMs)) return 0;
    const resultBps = cluster.resultBps();
    if (this.#needsProof(resultBps, facts)) {
      this.#verifying = true;
      cluster.begin(cluster.targetBps, verifyMs, nowMs);
      return 0;
    }
    this.#verifying = false;
    this.#judge(resultBps, facts, nowMs);
    return resultBps;
  }

  #needsProof(resultBps: number, facts: Readonly<ProbeFacts>): boolean {
    if (this.#verifying || resultBps < verifyFactor * this.#knownBps) return false;
    return this.#initialBps === 0 || this.cluster.targetBps >= facts.topBps;
  }

  #judge(resultBps: number, facts: Readonly<ProbeFacts>, nowMs: number): void {
    const { cluster } = this;
    cluster.close();
    if (cluster.sentPackets < probePacketsMin) {
      this.#nextMs = nowMs + emptyRetryMs;
      return;
    }
    if (this.#initialBps > 0 && !facts.sustained) {
      const goesOn = resultBps >= goOnShare * cluster.targetBps && cluster.targetBps < facts.topBps;
      if (!goesOn) this.#initialLeft -= 1;
      if (goesOn) this.#initialBps = goOnFactor * cluster.targetBps;
      else if (this.#initialLeft === 0 || cluster.targetBps >= facts.topBps) this.#initialBps = 0;
      this.#nextMs = goesOn ? nowMs : nowMs + initialRetryMs;
      return;
    }
    if (resultBps < successShare * cluster.targetBps) {
      this.#fail(nowMs);
      return;
    }
    this.#nextMs = nowMs + Math.max(250, 5 * facts.rttMs);
    this.#confirmedMs = nowMs + confirmMs;
  }

  #fail(nowMs: number): void {
    this.#nextMs = nowMs + this.#backOffMs;
    this.#backOffMs = Math.min(backOffMaxMs, backOffFactor * this.#backOffMs);
    this.#sustainedMs = Math.min(sustainedMaxMs, backOffFactor * this.#sustainedMs);
  }
}

function clusterMsFor(jitterMs: number): number {
  return Math.min(clusterMaxMs, clusterMs + jitterFactor * Math.max(0, jitterMs - jitterUsualMs));
}
