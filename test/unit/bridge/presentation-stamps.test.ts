import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccessUnit } from '#src/bridge/depacketise/unit.ts';
import { PresentationStamps } from '#src/bridge/presentation-stamps.ts';

const unit: AccessUnit = {
  ...{ kind: 'video', timestamp: 0, arrivedMs: 0, keyframe: false, chunks: [], sizeBytes: 0 },
  config: undefined,
};

const scenes = fc.record({
  depth: fc.integer({ min: 1, max: 4 }),
  stepsMs: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 2, maxLength: 40 }),
  between: fc.integer({ min: 0, max: 3 }),
});

test('pictures are shown at their times, and decoded before that at times that rise', () => {
  fc.assert(
    fc.property(scenes, ({ depth, stepsMs, between }) => {
      let atMs = 0;
      const shown = stepsMs.map((step) => (atMs += step));
      // Each anchor comes before the pictures that are shown in front of it.
      const order = shown.flatMap((_, index) =>
        index % (between + 1) === 0
          ? [index, ...Array.from({ length: between }, (__, b) => index - between + b)].filter((i) => i >= 0)
          : [],
      );
      const stamps = new PresentationStamps(depth);
      const out = [...new Set(order)].flatMap((index) => stamps.push(unit, shown[index] ?? 0));
      for (const [index, { decodeMs, presentMs }] of out.entries()) {
        expect(presentMs).toBeGreaterThanOrEqual(decodeMs);
        expect(presentMs - (shown[[...new Set(order)][index] ?? 0] ?? 0)).toBeLessThan(0.1);
        if (index > 0) expect(decodeMs).toBeGreaterThan(out[index - 1]?.decodeMs ?? 0);
      }
    }),
  );
});
