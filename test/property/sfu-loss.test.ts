import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NackGenerator } from '#src/sfu/nack-generator.ts';
import { ReceiveStats } from '#src/sfu/receive-stats.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3550 });

const fates = fc.array(fc.constantFrom('comes', 'comes', 'comes', 'lost', 'late', 'twice'), {
  minLength: 2,
  maxLength: 300,
});

/** Sequence numbers in the order of arrival: late ones come three packets after their time. */
function arrivalsOf(first: number, script: readonly string[]): number[] {
  const order = script.flatMap((fate, i) => {
    const sequence = first + i;
    if (fate === 'lost') return [];
    if (fate === 'late') return [{ sequence, at: i + 3.5 }];
    return Array.from({ length: fate === 'twice' ? 2 : 1 }, () => ({ sequence, at: i }));
  });
  return order.sort((a, b) => a.at - b.at).map(({ sequence }) => sequence);
}

test('asks exactly for the holes between the first and the last packet, in ascending order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 65_536, max: 200_000 }), fates, (first, script) => {
      const nacks = new NackGenerator();
      const arrivals = arrivalsOf(first, script);
      for (const sequence of arrivals) nacks.record(sequence, 0);
      const came = new Set(arrivals);
      const holes: number[] = [];
      const last = Math.max(...arrivals);
      for (let sequence = arrivals[0] ?? last; sequence < last; sequence += 1)
        if (!came.has(sequence)) holes.push(sequence);
      expect([...nacks.due(10, 50)]).toEqual(holes);
      for (const sequence of holes) nacks.record(sequence, 20);
      expect(nacks.due(500, 50)).toEqual([]);
      expect(nacks).toMatchObject({ repaired: holes.length, lost: 0, missing: 0, requested: holes.length });
    }),
  );
});

test('whatever is never repaired is given up and counted as lost, within bounded tries', () => {
  fc.assert(
    fc.property(fates, fc.integer({ min: 0, max: 400 }), (script, rttMs) => {
      const nacks = new NackGenerator();
      for (const sequence of arrivalsOf(70_000, script)) nacks.record(sequence, 0);
      const holes = nacks.missing;
      for (let nowMs = 0; nowMs <= 1000; nowMs += 20) nacks.due(nowMs, rttMs);
      expect(nacks).toMatchObject({ missing: 0, lost: holes, repaired: 0 });
      expect(nacks.requested).toBeLessThanOrEqual(10 * holes);
    }),
  );
});

test('expected minus received is what a report counts as lost, over any number of reports', () => {
  fc.assert(
    fc.property(fates, fc.integer({ min: 1, max: 50 }), (script, every) => {
      const stats = new ReceiveStats(1, 90_000);
      const arrivals = arrivalsOf(70_000, script);
      let [first, highest] = [Number.POSITIVE_INFINITY, 0];
      for (const [i, sequence] of arrivals.entries()) {
        stats.record(sequence, 3000 * sequence, 33 * i);
        first = Math.min(first, sequence);
        highest = Math.max(highest, sequence);
        if (i % every !== 0) continue;
        const block = stats.report(33 * i)!;
        expect(block.cumulativeLost).toBe(highest - first + 1 - (i + 1));
        expect(block.fractionLost).toBeGreaterThanOrEqual(0);
        expect(block.fractionLost).toBeLessThanOrEqual(255);
      }
    }),
  );
});
