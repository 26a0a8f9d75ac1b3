import { expect, test } from 'vitest';
import { fittingWish, type WishedRung } from '#src/media/wish-fit.ts';

const rung = (rid: string, height: number, [spatial, temporal] = [0, 0]): WishedRung => {
  return { rid, spatial, temporal, width: (height * 16) / 9, height };
};
const simulcast = [rung('q', 180), rung('h', 360), rung('f', 720)];
const svc = [0, 1].flatMap((s) => [0, 1, 2].map((t) => rung('', s === 0 ? 360 : 720, [s, t])));

test('an empty wish takes nothing away: the very same rungs', () => {
  expect(fittingWish(simulcast, {})).toBe(simulcast);
  expect(fittingWish(simulcast, { maxHeight: 720, maxTemporalLayer: 0 })).toBe(simulcast);
});

test('rid and sizes narrow simulcast', () => {
  expect(fittingWish(simulcast, { rid: 'h' })).toEqual([simulcast[1]]);
  expect(fittingWish(simulcast, { maxHeight: 400 })).toEqual(simulcast.slice(0, 2));
  expect(fittingWish(simulcast, { maxWidth: 320 })).toEqual(simulcast.slice(0, 1));
  expect(fittingWish(simulcast, { rid: 'f', maxHeight: 360 })).toEqual(simulcast.slice(0, 1));
});

test('layers inside a stream are taken exactly, or up to one', () => {
  expect(fittingWish(svc, { spatialLayer: 1, temporalLayer: 0 })).toEqual([svc[3]]);
  expect(fittingWish(svc, { spatialLayer: 0 })).toEqual(svc.slice(0, 3));
  expect(fittingWish(svc, { maxTemporalLayer: 0 })).toEqual([svc[0], svc[3]]);
  expect(fittingWish(svc, { maxSpatialLayer: 0, maxTemporalLayer: 1 })).toEqual(svc.slice(0, 2));
});

test('a picture is taken by its rank among those that fit, at any frame rate', () => {
  expect(fittingWish(simulcast, { picture: 'smallest' })).toEqual([simulcast[0]]);
  expect(fittingWish(simulcast, { picture: 'middle' })).toEqual([simulcast[1]]);
  expect(fittingWish(simulcast, { picture: 'largest' })).toEqual([simulcast[2]]);
  expect(fittingWish(simulcast, { picture: 'largest', maxHeight: 400 })).toEqual([simulcast[1]]);
  expect(fittingWish(svc, { picture: 'middle' })).toEqual(svc.slice(0, 3));
  expect(fittingWish(svc, { picture: 'largest' })).toEqual(svc.slice(3));
  expect(fittingWish(simulcast.slice(2), { picture: 'smallest' })).toEqual(simulcast.slice(2));
});

test('a size that is not known fits; without a fit the smallest is given; nothing stays nothing', () => {
  expect(fittingWish([rung('q', 0), rung('f', 720)], { maxHeight: 100 })).toEqual([rung('q', 0)]);
  expect(fittingWish(simulcast, { rid: 'x' })).toEqual([simulcast[0]]);
  expect(fittingWish([], { rid: 'x' })).toEqual([]);
});
