import { describe, expect, test } from 'vitest';
import { ViewerBandwidth } from '#src/sfu/bandwidth/viewer-bandwidth.ts';

const rungs = [150_000, 800_000, 2_500_000].map((bps, key) => ({ bps, activeMs: 60_000, key }));
const audioBps = 36_000;

/** Ticks each 10 ms, sends the wanted rung in packets of 1,000 bytes, and whatever is asked as a probe. */
class Rig {
  readonly bandwidth: ViewerBandwidth<number>;
  nowMs = 1_000_000;
  sentBytes = 0;
  #owedBytes = 0;

  constructor(bandwidth: ViewerBandwidth<number>) {
    this.bandwidth = bandwidth;
  }

  run(seconds: number, each: (nowMs: number) => void = () => undefined): void {
    const { bandwidth } = this;
    for (const untilMs = this.nowMs + 1000 * seconds; this.nowMs < untilMs; this.nowMs += 10) {
      bandwidth.tick(this.nowMs, rungs, audioBps);
      this.#owedBytes += (rungs[bandwidth.wanted ?? 0]?.bps ?? 0) / 800;
      for (; this.#owedBytes > 0; this.#owedBytes -= 1000) this.#send();
      for (let due = bandwidth.probeBytes(this.nowMs); due > 0; due -= 1000) this.#send();
      each(this.nowMs);
    }
  }

  #send(): void {
    this.bandwidth.sent(1000, this.nowMs);
    this.sentBytes += 1000;
  }
}

describe('a viewer with nothing but receiver reports', () => {
  test('gets the largest rung, and a smaller one when much is lost', () => {
    const rig = new Rig(new ViewerBandwidth('none'));
    rig.run(1);
    expect([rig.bandwidth.wanted, rig.bandwidth.estimateBps]).toEqual([2, 0]);
    rig.run(6, (nowMs) => {
      if (nowMs % 1000 === 0) rig.bandwidth.receiverReport(0.2, nowMs);
    });
    expect(rig.bandwidth.wanted).toBe(1);
  });

  test('is found out when the feedback that was negotiated never comes', () => {
    const rig = new Rig(new ViewerBandwidth('transport-cc'));
    rig.run(4);
    expect([rig.bandwidth.source, rig.bandwidth.wanted]).toEqual(['transport-cc', 0]);
    rig.run(2);
    expect([rig.bandwidth.source, rig.bandwidth.wanted]).toEqual(['none', 2]);
  });
});

describe('a viewer with the receiver’s own estimate', () => {
  /** A receiver that allows half as much again as it got in the last second, up to a capacity. */
  function watch(rig: Rig, seconds: number, capacityBps: number): void {
    let [before, at] = [rig.sentBytes, rig.nowMs];
    rig.run(seconds, (nowMs) => {
      if (nowMs - at < 1000) return;
      const receivedBps = 8 * (rig.sentBytes - before);
      [before, at] = [rig.sentBytes, nowMs];
      rig.bandwidth.remb(Math.min(capacityBps, Math.max(1.5 * receivedBps, 300_000)), nowMs);
    });
  }

  test('climbs by lasting probes, and falls with the estimate', () => {
    const rig = new Rig(new ViewerBandwidth('remb'));
    rig.bandwidth.rtt(50);
    watch(rig, 120, 5_000_000);
    expect(rig.bandwidth.wanted).toBeGreaterThan(0);
    watch(rig, 5, 400_000);
    expect([rig.bandwidth.source, rig.bandwidth.wanted]).toEqual(['remb', 0]);
  });

  test('what it does not complain about fits, and after a while the next rung is tried', () => {
    const rig = new Rig(new ViewerBandwidth('remb'));
    rig.bandwidth.rtt(50);
    // It tells no more than it gets.
    let [before, at] = [rig.sentBytes, rig.nowMs];
    const parrot = (nowMs: number): void => {
      if (nowMs - at < 1000) return;
      rig.bandwidth.remb(Math.max(400_000, 8 * (rig.sentBytes - before)), nowMs);
      [before, at] = [rig.sentBytes, nowMs];
    };
    rig.run(60, parrot);
    expect(rig.bandwidth.wanted).toBe(2);
  });

  test('loss in receiver reports lowers it', () => {
    const bandwidth = new ViewerBandwidth<number>('remb');
    bandwidth.remb(3_000_000, 0);
    for (let nowMs = 0; nowMs < 20_000; nowMs += 1000) bandwidth.receiverReport(0.25, nowMs);
    expect(bandwidth.lossRatio).toBeCloseTo(0.25);
    expect(bandwidth.estimateBps).toBeLessThan(1_000_000);
  });
});

test('transport feedback outranks the receiver’s own estimate while it comes', () => {
  const bandwidth = new ViewerBandwidth<number>('remb');
  const head = { mediaSsrc: 2, baseSequence: 0, statusCount: 1, feedbackCount: 0, referenceTimeMs: 0 };
  bandwidth.remb(100_000, 0);
  expect(bandwidth.source).toBe('remb');
  const sequence = bandwidth.sent(1000, 10);
  bandwidth.feedbackBegins(head);
  bandwidth.status(sequence, 1000);
  bandwidth.feedbackEnds(100);
  bandwidth.remb(100_000, 200);
  expect([bandwidth.source, bandwidth.estimateBps]).toEqual(['transport-cc', 800_000]);
  bandwidth.remb(100_000, 10_000);
  expect(bandwidth.source).toBe('remb');
});

test('tells only of changes, and looks at most every 100 ms when nothing came', () => {
  const bandwidth = new ViewerBandwidth<number>('transport-cc');
  expect(bandwidth.tick(0, rungs, audioBps)).toBe(true);
  expect(bandwidth.wanted).toBe(0);
  expect(bandwidth.tick(50, [], audioBps)).toBe(false);
  expect(bandwidth.wanted).toBe(0);
  expect(bandwidth.tick(100, [], audioBps)).toBe(true);
  expect(bandwidth.wanted).toBeUndefined();
});
