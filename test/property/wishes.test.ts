import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '#src/core/failure.ts';
import type { VideoWish } from '#src/core/media.ts';
import { readLayerRequest } from '#src/http/wish-request.ts';
import { fittingWish, type WishedRung } from '#src/media/wish-fit.ts';
import { limitedWish } from '#src/session/wishes.ts';

const layer = fc.integer({ min: 0, max: 3 });
const size = fc.constantFrom(0, 90, 180, 360, 720, 1080);
const rung: fc.Arbitrary<WishedRung> = fc.record({
  rid: fc.constantFrom('q', 'h', 'f'),
  spatial: layer,
  temporal: layer,
  width: size,
  height: size,
});
const rungs = fc.array(rung, { maxLength: 12 });
const fields = {
  off: fc.boolean(),
  rid: fc.constantFrom('q', 'h', 'f', 'x'),
  spatialLayer: layer,
  temporalLayer: layer,
  maxSpatialLayer: layer,
  maxTemporalLayer: layer,
  maxWidth: size,
  maxHeight: size,
};
const absoluteWish: fc.Arbitrary<VideoWish> = fc.record(fields, { requiredKeys: [] });
const picture = fc.constantFrom('smallest' as const, 'middle' as const, 'largest' as const);
const wish: fc.Arbitrary<VideoWish> = fc.record({ ...fields, picture }, { requiredKeys: [] });

test('what fits is among the rungs, in their order, and never nothing where there is something', () => {
  fc.assert(
    fc.property(rungs, wish, (all, wanted) => {
      const fitting = fittingWish(all, wanted);
      expect(all.filter((one) => fitting.includes(one))).toEqual([...fitting]);
      expect(fitting.length > 0).toBe(all.length > 0);
    }),
  );
});

test('what is given is within the limit, or the smallest there is', () => {
  fc.assert(
    fc.property(rungs, wish, size, (all, wanted, maxHeight) => {
      const given = fittingWish(all, limitedWish(wanted, maxHeight));
      expect(given.every((one) => one.height <= maxHeight || one === all[0])).toBe(true);
    }),
  );
});

test('asking for less never gives more', () => {
  fc.assert(
    fc.property(rungs, absoluteWish, size, (all, wanted, maxHeight) => {
      const less = fittingWish(all, limitedWish(wanted, maxHeight));
      const more = fittingWish(all, wanted);
      expect(less.every((one) => more.includes(one) || one === all[0])).toBe(true);
    }),
  );
});

test('the limit of a token and a wish: the stricter wins, the rest of the wish stays, order and repetition change nothing', () => {
  const limit = fc.option(size, { nil: undefined });
  fc.assert(
    fc.property(wish, limit, limit, (wanted, one, other) => {
      const limited = limitedWish(wanted, one);
      expect(limited).toEqual(limitedWish(limited, one));
      expect(limitedWish(limited, other)).toEqual(limitedWish(limitedWish(wanted, other), one));
      const { maxHeight, ...rest } = limited;
      const { maxHeight: wantedHeight, ...wantedRest } = wanted;
      expect(rest).toEqual(wantedRest);
      const heights = [wantedHeight, one].filter((height) => height !== undefined);
      expect(maxHeight).toBe(heights.length === 0 ? undefined : Math.min(...heights));
    }),
  );
});

test('whatever is posted as a layer request is understood or refused, and never widens what a token allows', () => {
  const field = fc.constantFrom(
    'rid',
    'encodingId',
    'spatialLayerId',
    'maxHeight',
    'maxWidth',
    'off',
    'layer',
    'mediaId',
  );
  const body = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .dictionary(field, fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null)))
      .map((o) => JSON.stringify(o)),
  );
  fc.assert(
    fc.property(body, size, (text, maxHeight) => {
      let asked: VideoWish;
      try {
        asked = readLayerRequest(text).wish;
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        return;
      }
      expect(Object.values(asked)).not.toContain(undefined);
      expect(limitedWish(asked, maxHeight).maxHeight).toBeLessThanOrEqual(maxHeight);
    }),
    { numRuns: 500 },
  );
});
