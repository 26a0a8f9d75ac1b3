import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Recovery, type RecoverableEpoch } from '#src/bridge/recovery.ts';
import { led } from '../unit/bridge/kept-units.ts';

const frameMs = 1_000 / 30;

const stories = fc.record({
  /** Of each picture: whether it is a keyframe, and how large. */
  pictures: fc.array(fc.record({ keyframe: fc.boolean(), sizeBytes: fc.integer({ min: 1, max: 40 }) }), {
    minLength: 1,
    maxLength: 60,
  }),
  /** How many pictures FFmpeg is behind while it works. */
  behind: fc.integer({ min: 1, max: 20 }),
  /** From this picture on it hangs. */
  hangsAt: fc.nat(60),
  limitBytes: fc.integer({ min: 1, max: 600 }),
});

test('whatever comes: nothing is shown twice, nothing is decoded without its keyframe, and no more is held than may be', async () => {
  await fc.assert(
    fc.asyncProperty(stories, async ({ pictures, behind, hangsAt, limitBytes }) => {
      const epoch: RecoverableEpoch & { shownMs: number | undefined } = {
        plan: { video: 'passthrough', rungs: [], layers: [] },
        way: { passthrough: true, reorderDepth: 0, stamping: 'decode' },
        startedWallMs: 0,
        shownMs: undefined,
        drained: () => Promise.resolve(),
      };
      const recovery = new Recovery<RecoverableEpoch>(limitBytes, {
        timeOf: ({ timestamp }) => (timestamp / 3_000) * frameMs,
        wallOf: ({ arrivedMs }) => arrivedMs,
      });
      recovery.begins(epoch);
      for (const [number, { keyframe, sizeBytes }] of pictures.entries()) {
        const shown = Math.min(number, hangsAt) - behind;
        epoch.shownMs = shown >= 0 ? shown * frameMs : undefined;
        recovery.keep(led(number, { keyframe: keyframe || number === 0, sizeBytes }));
      }
      recovery.lost(epoch);
      await new Promise((resolve) => setImmediate(resolve));
      const shown = Math.min(pictures.length - 1, hangsAt) - behind;
      const restart = recovery.restart(pictures.length * frameMs);
      if (!restart) {
        expect(recovery.isReady).toBe(false);
        return;
      }
      const numbers = restart.units.map(({ unit }) => unit.timestamp / 3_000);
      const first = restart.first.timestamp / 3_000;
      const [begin = 0] = numbers;
      expect(numbers).toEqual(Array.from({ length: pictures.length - begin }, (_, index) => begin + index));
      expect(restart.units[0]?.unit.keyframe).toBe(true);
      expect(first).toBeGreaterThanOrEqual(Math.max(begin, shown + 1));
      // Only where there was no room for it is a picture left out, and then it goes on with a keyframe.
      if (first > Math.max(0, shown + 1)) expect(first).toBe(begin);
      expect(restart.units.reduce((sum, { unit }) => sum + unit.sizeBytes, 0)).toBeLessThanOrEqual(
        limitBytes,
      );
    }),
    { numRuns: 300 },
  );
});
