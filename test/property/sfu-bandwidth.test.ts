import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RungChoice } from '#src/sfu/bandwidth/rung-choice.ts';
import { SentHistory } from '#src/sfu/bandwidth/sent-history.ts';
import { ViewerBandwidth } from '#src/sfu/bandwidth/viewer-bandwidth.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3550 });

const settings = { startBps: 800_000, minBps: 30_000, maxBps: 20_000_000 };
const uint16 = fc.integer({ min: 0, max: 0xffff });

test('the history tells of the last 2,048 packets exactly what was sent, over any wraps', () => {
  const packets = fc.array(
    fc.record({
      bytes: fc.integer({ min: 40, max: 1500 }),
      waitTicks: fc.integer({ min: 0, max: 160_000 }),
      cluster: fc.integer({ min: 0, max: 255 }),
    }),
    { minLength: 1, maxLength: 100 },
  );
  fc.assert(
    fc.property(uint16, fc.integer({ min: 1, max: 60 }), packets, (first, rounds, script) => {
      const history = new SentHistory(first);
      const sent = new Map<number, readonly [number, number, number]>();
      let nowMs = 1_790_000_000_000;
      for (let round = 0; round < rounds; round += 1) {
        for (const { bytes, waitTicks, cluster } of script) {
          nowMs += waitTicks / 16;
          const sequence = history.sent(bytes, nowMs, cluster);
          sent.delete(sequence);
          sent.set(sequence, [bytes, nowMs, cluster]);
        }
      }
      const told = [...sent].slice(-2048);
      for (const [sequence, what] of told) {
        const slot = history.find(sequence);
        expect([history.bytes(slot), history.sentMs(slot), history.cluster(slot)]).toEqual(what);
      }
      expect(history.find((told.at(-1)?.[0] ?? 0) + 1)).toBe(-1);
    }),
    { numRuns: 40 },
  );
});

/** What a viewer, honest or not, may do. */
const events = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('send' as const), bytes: fc.integer({ min: 1, max: 65_535 }) }),
    fc.record({
      kind: fc.constant('feedback' as const),
      referenceTimeMs: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }).map((units) => 64 * units),
      feedbackCount: fc.integer({ min: 0, max: 255 }),
      statuses: fc.array(
        fc.tuple(
          fc.oneof(fc.integer({ min: 0, max: 200 }), uint16),
          fc.option(fc.integer({ min: -1e9, max: 1e9 }), { nil: undefined }),
        ),
        { maxLength: 30 },
      ),
    }),
    fc.record({ kind: fc.constant('remb' as const), bps: fc.double({ min: 0, max: 1e25, noNaN: true }) }),
    fc.record({ kind: fc.constant('report' as const), loss: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
  ),
  { maxLength: 150 },
);

test('whatever feedback says, the estimate stays within its bounds and the choice among the rungs', () => {
  const rates = fc.array(fc.integer({ min: 0, max: 8_000_000 }), { maxLength: 5 });
  fc.assert(
    fc.property(events, rates, (script, bitrates) => {
      const bandwidth = new ViewerBandwidth<number>('transport-cc', settings);
      const rungs = bitrates.sort((a, b) => a - b).map((bps, i) => ({ bps, activeMs: 10_000, key: i }));
      let nowMs = 1_790_000_000_000;
      for (const event of script) {
        nowMs += 10;
        if (event.kind === 'send') bandwidth.sent(event.bytes, nowMs);
        else if (event.kind === 'remb') bandwidth.remb(event.bps, nowMs);
        else if (event.kind === 'report') bandwidth.receiverReport(event.loss, nowMs);
        else if (event.kind === 'wait') nowMs += event.ms;
        else {
          const { referenceTimeMs, feedbackCount, statuses } = event;
          const statusCount = statuses.length;
          bandwidth.feedbackBegins({
            mediaSsrc: 0,
            baseSequence: 0,
            statusCount,
            feedbackCount,
            referenceTimeMs,
          });
          for (const [sequence, arrivedUs] of statuses) bandwidth.status(sequence, arrivedUs);
          bandwidth.feedbackEnds(nowMs);
        }
        bandwidth.tick(nowMs, rungs, 32_000);
        expect(bandwidth.estimateBps).toBeLessThanOrEqual(settings.maxBps);
        if (bandwidth.source !== 'none')
          expect(bandwidth.estimateBps).toBeGreaterThanOrEqual(settings.minBps);
        else expect(bandwidth.estimateBps).toBe(0);
        if (rungs.length === 0) expect(bandwidth.wanted).toBeUndefined();
        else expect(bandwidth.wanted).toBeLessThan(rungs.length);
        const due = bandwidth.probeBytes(nowMs);
        expect(due).toBeGreaterThanOrEqual(0);
        expect(due).toBeLessThan(settings.maxBps);
      }
    }),
    { numRuns: 150 },
  );
});

test('a choice is never above what fits unless it was there before, and never changes while nothing changes', () => {
  const steps = fc.array(
    fc.record({
      availableBps: fc.integer({ min: 0, max: 6_000_000 }),
      congested: fc.boolean(),
      ticks: fc.integer({ min: 1, max: 40 }),
      rates: fc.array(fc.integer({ min: 30_000, max: 5_000_000 }), { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(steps, (script) => {
      const choice = new RungChoice<number>();
      let nowMs = 0;
      for (const { availableBps, congested, ticks, rates } of script) {
        const rungs = rates.sort((a, b) => a - b).map((bps, key) => ({ bps, activeMs: 10_000, key }));
        for (let i = 0; i < ticks; i += 1, nowMs += 100) {
          const before = choice.key ?? 0;
          choice.choose(rungs, availableBps, congested, nowMs);
          const after = choice.key ?? -1;
          expect(after).toBeGreaterThanOrEqual(0);
          expect(after).toBeLessThan(rungs.length);
          if (after > before) expect(rungs[after]?.bps).toBeLessThanOrEqual(availableBps);
        }
        const settled = (): unknown[] => {
          for (let i = 0; i < 900; i += 1, nowMs += 100) choice.choose(rungs, availableBps, false, nowMs);
          return [choice.key, choice.paused];
        };
        const first = settled();
        expect(settled()).toEqual(first);
      }
    }),
    { numRuns: 60 },
  );
});
