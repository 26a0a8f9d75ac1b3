import { expect, test } from 'vitest';
import { LossLadder } from '#src/sfu/bandwidth/loss-ladder.ts';

const rungs = [150_000, 800_000, 2_500_000].map((bps, i) => ({ bps, activeMs: 60_000, key: i }));

/** Reports every second; the rung at the end. */
class Rig {
  readonly ladder = new LossLadder<number>();
  nowMs = 0;

  run(seconds: number, loss: number): number | undefined {
    let rung: number | undefined;
    for (let i = 0; i < seconds; i += 1, this.nowMs += 1000) {
      this.ladder.report(loss, this.nowMs);
      rung = this.ladder.choose(rungs, this.nowMs);
    }
    return rung;
  }
}

test('the largest, and one less for every three seconds of heavy loss', () => {
  const rig = new Rig();
  expect(rig.run(10, 0.05)).toBe(2);
  expect(rig.run(3, 0.2)).toBe(2);
  expect(rig.run(2, 0.2)).toBe(1);
  expect(rig.run(10, 0.2)).toBe(0);
});

test('one more after ten calm seconds; twenty when that was wrong', () => {
  const rig = new Rig();
  rig.run(5, 0.2);
  expect(rig.run(10, 0)).toBe(1);
  expect(rig.run(2, 0)).toBe(2);
  expect(rig.run(5, 0.2)).toBe(1);
  expect(rig.run(18, 0)).toBe(1);
  expect(rig.run(4, 0)).toBe(2);
});

test('old reports say nothing', () => {
  const rig = new Rig();
  rig.run(3, 0.2);
  rig.nowMs += 20_000;
  expect(rig.ladder.choose(rungs, rig.nowMs)).toBe(2);
  expect(rig.run(2, 0.2)).toBe(2);
});

test('without rungs there is no choice', () => {
  expect(new LossLadder<number>().choose([], 0)).toBeUndefined();
});
