import { expect, test } from 'vitest';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import type { SideLayer } from '#src/bridge/layers/side-layer.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';

const copied = { passthrough: true, nowMs: 1_000, sounds: 1 };
const fullHd = { width: 1920, height: 1080 };

test('rungs that the budget takes away are named with the reason, and the others keep their names', () => {
  using ladder = new StreamLadder('ladder-3', new CoreBudget(1).claim());
  const before = ladder.plan(fullHd, copied).encoded;
  expect(before.map(({ rendition }) => rendition)).toEqual(['v1', 'v2']);
  expect(ladder.outdates({ rungs: before, layers: [] }, 1_000)).toBe(false);
  ladder.lags(1_000_000);
  expect(ladder.outdates({ rungs: before, layers: [] }, 1_000)).toBe(true);
  const after = ladder.plan(fullHd, copied).encoded;
  expect(after.map(({ rendition }) => rendition)).toEqual(['v2']);
  const now = { rungs: after, layers: [] };
  expect(ladder.outdates(now, 1_000)).toBe(false);
  expect(ladder.report(now, 1_000)).toMatchObject({ name: 'ladder-3', rungs: after, withheld: ['v1'] });
  expect(ladder.report(now, 1_000)?.reason).toMatch(/did not keep up/);
});

test('a stream without lower rungs has no ladder to report, and one that rests has nothing to give', () => {
  using plain = new StreamLadder('passthrough', new CoreBudget(1).claim());
  const none = plain.plan(fullHd, copied).encoded;
  expect(none).toEqual([]);
  expect(plain.report({ rungs: none, layers: [] }, 1_000)).toBeUndefined();
  using resting = new StreamLadder('ladder-2', new CoreBudget(1).claim());
  const rungs = resting.plan(fullHd, copied).encoded;
  resting.rest(1_000_000);
  resting.lags(1_000_001);
  expect(resting.outdates({ rungs, layers: [] }, 1_000_002)).toBe(false);
});

function side(layer: number, height: number, problem?: string): SideLayer {
  const config = { codec: 'h264', width: 2 * height, height, codecPrivate: new Uint8Array() } as const;
  return { layer, rid: `r${layer}`, config, reorderDepth: 0, bitrateBps: 1_000.4, problem };
}

test('layers that can be copied are planned and reported with their renditions, the others with the reason', () => {
  using ladder = new StreamLadder('ladder-3', new CoreBudget(1).claim());
  let layers = [side(1, 540), side(2, 270, 'gone')];
  ladder.follow({ layersAt: () => ({ seen: layers, awaited: 0 }) });
  const { copies, encoded } = ladder.plan(fullHd, copied);
  expect(copies.map(({ rid, rendition }) => [rid, rendition])).toEqual([['r1', 'v1']]);
  expect(encoded.map(({ rendition, height }) => [rendition, height])).toEqual([['v2', 270]]);
  const plan = { rungs: encoded, layers: copies };
  expect(ladder.outdates(plan, 1_000)).toBe(false);
  const seen = { width: 1080, height: 540, bitrateBps: 1_000 };
  expect(ladder.report(plan, 1_000)).toEqual({
    ...{ name: 'ladder-3', rungs: encoded, withheld: [], reason: undefined },
    layers: [
      { rid: 'r1', ...seen, rendition: 'v1', problem: undefined },
      { rid: 'r2', width: 540, height: 270, bitrateBps: 1_000, rendition: undefined, problem: 'gone' },
    ],
  });
  layers = [side(1, 540), side(2, 270)];
  expect(ladder.outdates(plan, 1_000)).toBe(true);
  expect(ladder.report(plan, 1_000)?.layers?.[1]?.problem).toMatch(/next keyframe/);
  ladder.follow(undefined);
  expect(ladder.report({ rungs: [], layers: [] }, 1_000)?.layers).toBeUndefined();
});

test('nothing is copied below a top that is encoded, nor for a while after FFmpeg failed again and again', () => {
  using ladder = new StreamLadder('passthrough', new CoreBudget(1).claim());
  ladder.follow({ layersAt: () => ({ seen: [side(1, 540)], awaited: 0 }) });
  expect(ladder.plan(fullHd, { passthrough: false, sounds: 1, nowMs: 0 }).copies).toEqual([]);
  const { copies } = ladder.plan(fullHd, copied);
  expect(copies).toHaveLength(1);
  ladder.fails(2_000);
  expect(ladder.outdates({ rungs: [], layers: copies }, 2_000)).toBe(true);
  expect(ladder.report({ rungs: [], layers: [] }, 2_000)?.layers?.[0]?.problem).toMatch(/FFmpeg failed/);
  expect(ladder.plan(fullHd, { passthrough: true, sounds: 1, nowMs: 61_999 }).copies).toEqual([]);
  expect(ladder.plan(fullHd, { passthrough: true, sounds: 1, nowMs: 62_000 }).copies).toHaveLength(1);
});

test('a publisher may bring a ladder of its own; the next one without has the usual one, and the budget stays above both', () => {
  using ladder = new StreamLadder('ladder-2', new CoreBudget(1).claim());
  const names = (): readonly string[] =>
    ladder.plan(fullHd, copied).encoded.map(({ rendition }) => rendition);
  const before = ladder.plan(fullHd, copied).encoded;
  ladder.choose('ladder-4');
  expect(ladder.outdates({ rungs: before, layers: [] }, 1_000)).toBe(true);
  expect(names()).toEqual(['v1', 'v2', 'v3']);
  ladder.lags(1_000_000);
  expect(names()).toEqual(['v2', 'v3']);
  expect(ladder.report({ rungs: [], layers: [] }, 1_000)).toMatchObject({
    name: 'ladder-4',
    withheld: ['v1'],
  });
  ladder.choose('passthrough');
  expect(names()).toEqual([]);
  ladder.choose('ladder-3');
  expect(names()).toEqual(['v2']);
  ladder.choose(undefined);
  expect(names()).toEqual([]);
  expect(ladder.report({ rungs: [], layers: [] }, 1_000)).toMatchObject({
    name: 'ladder-2',
    withheld: ['v1'],
  });
});

test('where nothing can be encoded layers are copied, every other rung is withheld, and comes when it can', () => {
  let lack: string | undefined = 'this FFmpeg has no libx264';
  using ladder = new StreamLadder('ladder-3', new CoreBudget(1).claim(), () => lack);
  ladder.follow({ layersAt: () => ({ seen: [side(1, 540)], awaited: 0 }) });
  const { copies, encoded } = ladder.plan(fullHd, copied);
  expect([copies.map(({ rendition }) => rendition), encoded]).toEqual([['v1'], []]);
  const plan = { rungs: encoded, layers: copies };
  expect(ladder.outdates(plan, 1_000)).toBe(false);
  expect(ladder.report(plan, 1_000)).toMatchObject({ rungs: [], withheld: ['v2'], reason: lack });
  lack = undefined;
  expect(ladder.outdates(plan, 1_000)).toBe(true);
  expect(ladder.plan(fullHd, copied).encoded.map(({ rendition }) => rendition)).toEqual(['v2']);
});
