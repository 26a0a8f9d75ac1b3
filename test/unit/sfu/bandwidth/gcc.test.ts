import { expect, test } from 'vitest';
import { Gcc } from '#src/sfu/bandwidth/gcc.ts';
import { LossControl } from '#src/sfu/bandwidth/loss-control.ts';
import { ProbeCluster } from '#src/sfu/bandwidth/probe-cluster.ts';
import { defaultBandwidth as settings } from '#src/sfu/bandwidth/settings.ts';

const head = { mediaSsrc: 2, baseSequence: 0, statusCount: 0, feedbackCount: 0, referenceTimeMs: 0 };
const stepMs = 10;

/** A path that delays packet after packet as told. */
class Rig {
  readonly loss = new LossControl(settings);
  readonly gcc = new Gcc({ settings, loss: this.loss, cluster: new ProbeCluster() });
  nowMs = 1_000_000;
  #feedbackCount = 0;

  /** Ten packets of 1,000 bytes, one each 10 ms (800 kbit/s), and the feedback about them. */
  round(delayMs: (nowMs: number) => number): boolean {
    const packets: [number, number][] = [];
    for (let i = 0; i < 10; i += 1, this.nowMs += stepMs)
      packets.push([this.gcc.sent(1000, this.nowMs), 1000 * (this.nowMs + delayMs(this.nowMs))]);
    return this.tell(packets);
  }

  /** One feedback: sequence and arrival in microseconds. */
  tell(packets: readonly (readonly [number, number | undefined])[], referenceTimeMs = 0): boolean {
    this.gcc.feedbackBegins({ ...head, referenceTimeMs, feedbackCount: this.#feedbackCount });
    this.#feedbackCount = (this.#feedbackCount + 1) & 0xff;
    for (const [sequence, arrivedUs] of packets) this.gcc.status(sequence, arrivedUs);
    return this.gcc.feedbackEnds(50, this.nowMs);
  }
}

test('grows on a steady path and learns the rate that arrives', () => {
  const rig = new Rig();
  for (let i = 0; i < 100; i += 1) rig.round(() => 20);
  expect(rig.gcc.ackedBps / 800_000).toBeCloseTo(1, 1);
  expect(rig.gcc.estimateBps).toBeGreaterThan(1_000_000);
  expect(rig.gcc.usage).toBe('normal');
});

test('falls when every packet waits longer than the one before', () => {
  const rig = new Rig();
  for (let i = 0; i < 50; i += 1) rig.round(() => 20);
  const [before, fromMs] = [rig.gcc.estimateBps, rig.nowMs];
  for (let i = 0; i < 6; i += 1) rig.round((nowMs) => 20 + (nowMs - fromMs) / 4);
  expect(rig.gcc.estimateBps).toBeLessThan(0.8 * before);
  expect(rig.gcc.decreasedMs).toBeGreaterThan(fromMs);
});

test('feedback that repeats, or names packets never sent, changes nothing', () => {
  const rig = new Rig();
  for (let i = 0; i < 20; i += 1) rig.round(() => 20);
  const last: [number, number] = [rig.gcc.sent(1000, rig.nowMs), 1000 * (rig.nowMs + 20)];
  expect(rig.tell([last])).toBe(true);
  const before = [rig.gcc.estimateBps, rig.gcc.ackedBps, rig.loss.ratio];
  expect(rig.tell([last])).toBe(false);
  expect(rig.tell([[last[0], undefined]])).toBe(false);
  expect(rig.tell(Array.from({ length: 2000 }, (_, i) => [30_000 + i, undefined] as const))).toBe(false);
  expect([rig.gcc.estimateBps, rig.gcc.ackedBps, rig.loss.ratio]).toEqual(before);
});

test('the reference time wraps every twelve days without a trace', () => {
  const rig = new Rig();
  const sent = (): number => rig.gcc.sent(1000, rig.nowMs);
  let wireMs = 64 * 0x7f_ff80;
  for (let i = 0; i < 1000; i += 1) {
    rig.nowMs += 64;
    wireMs += 64;
    if (wireMs >= 64 * 0x80_0000) wireMs -= 64 * 0x100_0000;
    rig.tell([[sent(), 1000]], wireMs);
  }
  expect(rig.gcc.usage).toBe('normal');
  expect(rig.gcc.estimateBps).toBeGreaterThanOrEqual(800_000);
  expect(rig.gcc.ackedBps).toBeGreaterThan(90_000);
  expect(rig.gcc.ackedBps).toBeLessThan(160_000);
});

test('a lost packet counts until it comes after all', () => {
  const rig = new Rig();
  const lost = rig.gcc.sent(1000, rig.nowMs);
  rig.tell([[lost, undefined]]);
  for (let i = 0; i < 4; i += 1) rig.round(() => 20);
  expect(rig.loss.ratio).toBeGreaterThan(0.01);
  rig.tell([[lost, 1000 * rig.nowMs]]);
  rig.round(() => 20);
  expect(rig.loss.ratio).toBe(0);
});

test('lowers the rate while nobody answers, but not before the first answer, and not while nothing is sent', () => {
  const rig = new Rig();
  rig.gcc.sent(1000, rig.nowMs);
  rig.gcc.tick(rig.nowMs + 10_000);
  expect(rig.gcc.estimateBps).toBe(800_000);
  rig.round(() => 20);
  rig.gcc.tick(rig.nowMs + 60_000);
  expect(rig.gcc.estimateBps).toBe(800_000);
  for (let i = 0; i < 400; i += 1, rig.nowMs += stepMs) {
    rig.gcc.sent(1000, rig.nowMs);
    rig.gcc.tick(rig.nowMs);
  }
  expect(rig.gcc.estimateBps).toBeLessThan(400_000);
  expect(rig.gcc.estimateBps).toBeGreaterThan(200_000);
});
