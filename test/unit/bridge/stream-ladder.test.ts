import { expect, test } from 'vitest';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';

const copied = { passthrough: true, nowMs: 1_000 };
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
