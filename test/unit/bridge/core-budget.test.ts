import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { CoreBudget, type BudgetClaim } from '#src/bridge/core-budget.ts';

const rungs = [500_000, 130_000];
let nowMs = 0;

/** Two seconds pass at a time, as measurements come. */
function run(seconds: number, uses: ReadonlyMap<BudgetClaim, () => number>): void {
  for (const endMs = nowMs + seconds * 1_000; nowMs < endMs;) {
    nowMs += 2_000;
    for (const [claim, cores] of uses) claim.uses(cores(), nowMs);
  }
}

function claimOf(budget: CoreBudget): BudgetClaim {
  const claim = budget.claim();
  claim.encodes(rungs, 1);
  return claim;
}

test('all of the machine but one core, unless settings say otherwise', () => {
  expect(new CoreBudget(0).cores).toBe(Math.max(0.5, availableParallelism() - 1));
  expect(new CoreBudget(3).cores).toBe(3);
});

test('within the budget nothing is withheld, and a short peak changes nothing', () => {
  const claim = claimOf(new CoreBudget(1));
  run(60, new Map([[claim, () => 0.9]]));
  run(4, new Map([[claim, () => 3]]));
  run(60, new Map([[claim, () => 0.9]]));
  expect(claim).toMatchObject({ withheld: 0, reason: undefined });
});

test('over the budget the rungs go one after another, the uppermost first, and never more than there are', () => {
  const claim = claimOf(new CoreBudget(1));
  run(8, new Map([[claim, () => 1.5]]));
  expect(claim).toMatchObject({ withheld: 1, reason: 'FFmpeg used 1.50 of 1 cores' });
  run(6, new Map([[claim, () => 1.5]]));
  expect(claim.withheld).toBe(1);
  run(60, new Map([[claim, () => 1.5]]));
  expect(claim.withheld).toBe(2);
});

test('the stream with the most rungs gives first; of equals the one that came last', () => {
  const budget = new CoreBudget(1);
  const [first, second] = [claimOf(budget), claimOf(budget)];
  const both = new Map([
    [first, () => 0.7],
    [second, () => 0.7],
  ]);
  run(8, both);
  expect([first.withheld, second.withheld]).toEqual([0, 1]);
  run(14, both);
  expect([first.withheld, second.withheld]).toEqual([1, 1]);
});

test('a rung comes back after a while with room for it, later each time, and not where it would be too much', () => {
  const claim = claimOf(new CoreBudget(1));
  const cores = (): number => (claim.withheld === 0 ? 1.2 : 0.3);
  const alone = new Map([[claim, cores]]);
  run(10, alone);
  expect(claim.withheld).toBe(1);
  // It would cost 1.2 * 500 / 630: never comfortable while 0.3 is used.
  run(300, alone);
  expect(claim.withheld).toBe(1);
  const calm = new Map([[claim, () => -0.2]]);
  run(24, calm);
  expect(claim.withheld).toBe(1);
  run(30, calm);
  expect(claim).toMatchObject({ withheld: 0, reason: undefined });
});

test('who does not keep up loses a rung though the machine has room, but not one after another at once', () => {
  const budget = new CoreBudget(8);
  const [slow, other] = [claimOf(budget), claimOf(budget)];
  nowMs += 60_000;
  slow.lags(nowMs);
  slow.lags(nowMs + 100);
  expect([slow.withheld, other.withheld]).toEqual([1, 0]);
  expect(slow.reason).toBe('FFmpeg did not keep up with the publisher');
});

test('who gives nothing while it encodes loses all rungs at once', () => {
  const [failing, other] = ((budget) => [claimOf(budget), claimOf(budget)] as const)(new CoreBudget(8));
  failing.fails(nowMs);
  expect([failing.withheld, other.withheld]).toEqual([2, 0]);
  expect(failing.reason).toBe('FFmpeg failed while it encoded them');
});

test('streams that are gone do not count', () => {
  const budget = new CoreBudget(1);
  const [first, second] = [claimOf(budget), claimOf(budget)];
  first.uses(0.9, nowMs);
  second.uses(0.9, nowMs);
  second[Symbol.dispose]();
  expect(budget.usedCores).toBe(0.9);
  run(30, new Map([[first, () => 0.9]]));
  expect(first.withheld).toBe(0);
});

test('sounds beside the first are told of, and what they cost is not taken for that of a rung', () => {
  const budget = new CoreBudget(1);
  const claim = budget.claim();
  claim.encodes(rungs, 31);
  run(8, new Map([[claim, () => 1.31]]));
  const reason = 'FFmpeg used 1.31 of 1 cores, about 0.30 of them for 30 sounds beside the first';
  expect(claim).toMatchObject({ withheld: 1, reason });
  // The rung took 0.79: with what sounds take it would be 1.04, and never find room again.
  run(200, new Map([[claim, () => 0.1]]));
  expect(claim.withheld).toBe(0);
});
