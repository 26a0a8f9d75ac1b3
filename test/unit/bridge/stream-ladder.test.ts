import { expect, test } from 'vitest';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';

const fullHd = { width: 1920, height: 1080 };

test('rungs that the budget takes away are named with the reason, and the others keep their names', () => {
  using ladder = new StreamLadder('ladder-3', new CoreBudget(1).claim());
  const before = ladder.rungs(fullHd);
  expect(before.map(({ rendition }) => rendition)).toEqual(['v1', 'v2']);
  expect(ladder.outdates(before)).toBe(false);
  ladder.lags(1_000_000);
  expect(ladder.outdates(before)).toBe(true);
  const after = ladder.rungs(fullHd);
  expect(after.map(({ rendition }) => rendition)).toEqual(['v2']);
  expect(ladder.outdates(after)).toBe(false);
  expect(ladder.report(after)).toMatchObject({ name: 'ladder-3', rungs: after, withheld: ['v1'] });
  expect(ladder.report(after)?.reason).toMatch(/did not keep up/);
});

test('a stream without lower rungs has no ladder to report, and one that rests has nothing to give', () => {
  using plain = new StreamLadder('passthrough', new CoreBudget(1).claim());
  const none = plain.rungs(fullHd);
  expect(none).toEqual([]);
  expect(plain.report(none)).toBeUndefined();
  using resting = new StreamLadder('ladder-2', new CoreBudget(1).claim());
  const rungs = resting.rungs(fullHd);
  resting.rest(1_000_000);
  resting.lags(1_000_001);
  expect(resting.outdates(rungs)).toBe(false);
});
