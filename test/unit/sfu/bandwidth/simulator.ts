import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import { TransportArrivals } from '#src/rtp/rtcp/transport-arrivals.ts';
import type { RtcpVisitor } from '#src/rtp/rtcp/types.ts';
import { RtcpWriter } from '#src/rtp/rtcp/writer.ts';
import type { Rung } from '#src/sfu/bandwidth/rung-choice.ts';
import { ViewerBandwidth } from '#src/sfu/bandwidth/viewer-bandwidth.ts';

/** What a path does, and what is sent over it. */
export interface Scenario {
  readonly seconds: number;
  /** Bottleneck's rate at a time. */
  capacityBps(second: number): number;
  readonly delayMs?: number;
  /** Each packet is delayed by up to so much more; the order stays. */
  readonly jitterMs?: number;
  /** Each packet is delayed by up to so much more on its own, and may so be overtaken. */
  readonly reorderMs?: number;
  /** Share of media packets lost after the bottleneck. */
  readonly loss?: number;
  /** Share of feedback messages lost. */
  readonly feedbackLoss?: number;
  readonly feedbackEveryMs?: number;
  /** Longest queue of the bottleneck. */
  readonly queueMs?: number;
  readonly rungsBps?: readonly number[];
  /** A frame every four seconds is so many times larger. */
  readonly keyframeFactor?: number;
  /** Bytes that pass at line speed before the bottleneck shapes, as a token bucket does. */
  readonly bucketBytes?: number;
  /** How many of the rungs, from the smallest on, the viewer may take at this second; all by default. */
  readonly mostRungs?: (second: number) => number;
}

/** What happened in one step of the choice. */
export interface Change {
  readonly second: number;
  readonly rung: number;
  readonly paused: boolean;
}

/** What one run showed. */
export interface Run {
  readonly changes: readonly Change[];
  /** Queue in ms, every 10 ms. */
  readonly queueMs: readonly number[];
  readonly estimatesBps: readonly number[];
  readonly mediaBytes: number;
  readonly probeBytes: number;
  /** The rung chosen at a time; -1 while video is paused. */
  rungAt(second: number): number;
  /** First time from `from` on that this rung or a higher (lower with `down`) one was chosen; Infinity when never. */
  reached(rung: number, from?: number): number;
  fellTo(rung: number, from: number): number;
}

interface Flight {
  readonly sequence: number;
  readonly atMs: number;
}

const frameMs = 100 / 3;
const tickMs = 10;
const packetBytes = 1100;
const audioPacketBytes = 90;
const audioBps = (audioPacketBytes * 8 * 1000) / 20;
/** From asking the publisher to its keyframe being forwarded. */
const keyframeWaitMs = 200;
/** A large reading, as those of real clocks are. */
const epochMs = 1_790_000_000_000;

/** The same numbers on every run. */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

class Layer implements Rung<number> {
  readonly key: number;
  readonly nominalBps: number;
  bps: number;
  activeMs = 0;

  constructor(key: number, bps: number) {
    this.key = key;
    this.nominalBps = bps;
    this.bps = bps;
  }

  /** Bytes of the frame at this time; the rate is smoothed over a second. */
  frame(nowMs: number, keyframeFactor: number): number {
    const keyframe = Math.floor(nowMs / 4000) !== Math.floor((nowMs - frameMs) / 4000);
    const bytes = ((this.nominalBps * frameMs) / 8000) * (keyframe ? keyframeFactor : 1);
    this.bps += ((8000 * bytes) / frameMs - this.bps) * (frameMs / 1000);
    this.activeMs = nowMs;
    return bytes;
  }
}

/** One path with a bottleneck: a queue that empties at a rate, a delay, and losses. */
class Path {
  readonly #scenario: Scenario;
  readonly #random: () => number;
  #freeMs = 0;
  #tokens: number;
  #tokensMs = 0;
  #lastMs = 0;

  constructor(scenario: Scenario, random: () => number) {
    this.#scenario = scenario;
    this.#random = random;
    this.#tokens = scenario.bucketBytes ?? 0;
  }

  queueMs(nowMs: number): number {
    return Math.max(0, this.#freeMs - nowMs);
  }

  /** When the packet arrives; undefined when it is lost. */
  send(bytes: number, nowMs: number): number | undefined {
    const { scenario, random } = { scenario: this.#scenario, random: this.#random };
    if (this.queueMs(nowMs) > (scenario.queueMs ?? 400)) return undefined;
    const bytesPerMs = scenario.capacityBps(nowMs / 1000) / 8000;
    const bucket = scenario.bucketBytes ?? 0;
    this.#tokens = Math.min(bucket, this.#tokens + (nowMs - this.#tokensMs) * bytesPerMs);
    this.#tokensMs = nowMs;
    const free = this.queueMs(nowMs) === 0 && this.#tokens >= bytes;
    if (free) this.#tokens -= bytes;
    this.#freeMs = Math.max(this.#freeMs, nowMs) + (free ? 0.01 : bytes / bytesPerMs);
    if (random() < (scenario.loss ?? 0)) return undefined;
    const delayMs = (scenario.delayMs ?? 25) + random() * (scenario.jitterMs ?? 0);
    this.#lastMs = Math.max(this.#lastMs, this.#freeMs + delayMs);
    return this.#lastMs + random() * (scenario.reorderMs ?? 0);
  }
}

/** Sends layers to one simulated viewer as the gateway does, with real RTCP back; the same on every run. */
export function simulate(scenario: Scenario, seed = 1): Run {
  return new Simulation(scenario, dice(seed)).run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #path: Path;
  readonly #bandwidth = new ViewerBandwidth<number>('transport-cc');
  readonly #layers: readonly Layer[];
  readonly #arrivals = new TransportArrivals();
  readonly #writer = new RtcpWriter(1, 'viewer');
  readonly #reader = new RtcpReader();
  readonly #visitor: RtcpVisitor;
  readonly #changes: Change[] = [];
  readonly #queueMs: number[] = [];
  readonly #estimatesBps: number[] = [];
  #flying: Flight[] = [];
  readonly #feedbacks: { readonly packet: Uint8Array; readonly atMs: number }[] = [];
  #sending = 0;
  #most = 0;
  #switchMs = Infinity;
  #nowMs = 0;
  #mediaBytes = 0;
  #probeBytes = 0;

  constructor(scenario: Scenario, random: () => number) {
    this.#scenario = scenario;
    this.#random = random;
    this.#path = new Path(scenario, random);
    this.#layers = (scenario.rungsBps ?? [150_000, 800_000, 2_500_000]).map((bps, i) => new Layer(i, bps));
    const bandwidth = this.#bandwidth;
    this.#visitor = {
      transportFeedback: (head) => bandwidth.feedbackBegins(head),
      transportStatus: (sequence, arrivedUs) => bandwidth.status(sequence, arrivedUs),
      transportFeedbackEnd: () => bandwidth.feedbackEnds(epochMs + this.#nowMs),
    };
    bandwidth.rtt(2 * (scenario.delayMs ?? 25));
  }

  run(): Run {
    const due = { frame: 0, audio: 0, feedback: 0 };
    const { seconds, feedbackEveryMs = 100 } = this.#scenario;
    for (; this.#nowMs < 1000 * seconds; this.#nowMs += 1) {
      const nowMs = this.#nowMs;
      this.#deliver();
      if (nowMs >= due.audio) {
        due.audio += 20;
        this.#send(audioPacketBytes);
      }
      if (nowMs >= due.frame) {
        due.frame += frameMs;
        this.#frame();
      }
      if (nowMs >= due.feedback) {
        due.feedback += feedbackEveryMs;
        this.#feedback();
      }
      if (nowMs % tickMs === 0) this.#tick();
    }
    return this.#result();
  }

  #send(bytes: number): void {
    const sequence = this.#bandwidth.sent(bytes, epochMs + this.#nowMs);
    this.#mediaBytes += bytes;
    const atMs = this.#path.send(bytes, this.#nowMs);
    if (atMs !== undefined) this.#flying.push({ sequence, atMs });
  }

  #frame(): void {
    if (this.#nowMs >= this.#switchMs) {
      this.#sending = this.#bandwidth.wanted ?? 0;
      this.#switchMs = Infinity;
    }
    for (const layer of this.#layers) {
      let bytes = layer.frame(this.#nowMs, this.#scenario.keyframeFactor ?? 1);
      if (layer.key !== this.#sending || this.#bandwidth.paused) continue;
      for (; bytes > 0; bytes -= packetBytes) this.#send(Math.ceil(Math.min(packetBytes, bytes)));
    }
  }

  #tick(): void {
    const { wanted: before } = this.#bandwidth;
    const most = this.#scenario.mostRungs?.(this.#nowMs / 1000) ?? this.#layers.length;
    if (most !== this.#most) this.#bandwidth.reconsider();
    this.#most = most;
    if (this.#bandwidth.tick(epochMs + this.#nowMs, this.#layers.slice(0, most), audioBps)) {
      const { wanted = 0, paused } = this.#bandwidth;
      this.#changes.push({ second: this.#nowMs / 1000, rung: wanted, paused });
      if (wanted !== before) this.#switchMs = this.#nowMs + keyframeWaitMs;
    }
    for (let due = this.#bandwidth.probeBytes(epochMs + this.#nowMs); due > 0; due -= packetBytes) {
      this.#send(packetBytes);
      this.#mediaBytes -= packetBytes;
      this.#probeBytes += packetBytes;
    }
    this.#queueMs.push(this.#path.queueMs(this.#nowMs));
    this.#estimatesBps.push(this.#bandwidth.estimateBps);
  }

  /** Hands arrived packets to the receiver, and arrived feedback to the sender. */
  #deliver(): void {
    const arrived = this.#flying.filter(({ atMs }) => atMs <= this.#nowMs);
    if (arrived.length > 0) {
      this.#flying = this.#flying.filter(({ atMs }) => atMs > this.#nowMs);
      // The receiver's clock is another one.
      for (const { sequence, atMs } of arrived.sort((a, b) => a.atMs - b.atMs))
        this.#arrivals.record(sequence, 5_000_000 + atMs);
    }
    while ((this.#feedbacks[0]?.atMs ?? Infinity) <= this.#nowMs) {
      const feedback = this.#feedbacks.shift();
      if (feedback !== undefined) this.#reader.read(feedback.packet, this.#visitor);
    }
  }

  #feedback(): void {
    while (this.#arrivals.pending) {
      this.#writer.begin();
      if (!this.#writer.transportFeedback(2, this.#arrivals)) return;
      if (this.#random() < (this.#scenario.feedbackLoss ?? 0)) continue;
      const atMs = this.#nowMs + (this.#scenario.delayMs ?? 25);
      this.#feedbacks.push({ packet: this.#writer.end().slice(), atMs });
    }
  }

  #result(): Run {
    const changes = this.#changes;
    const rungAt = (second: number): number => {
      const last = changes.findLast((change) => change.second <= second);
      return last === undefined || last.paused ? -1 : last.rung;
    };
    const first = (from: number, fits: (rung: number) => boolean): number =>
      fits(rungAt(from))
        ? from
        : (changes.find((c) => c.second > from && fits(c.paused ? -1 : c.rung))?.second ?? Infinity);
    return {
      changes,
      queueMs: this.#queueMs,
      estimatesBps: this.#estimatesBps,
      mediaBytes: this.#mediaBytes,
      probeBytes: this.#probeBytes,
      rungAt,
      reached: (rung, from = 0) => first(from, (at) => at >= rung),
      fellTo: (rung, from) => first(from, (at) => at <= rung),
    };
  }
}
