import { describe, expect, test } from 'vitest';
import { RungChoice } from '#src/sfu/bandwidth/rung-choice.ts';
import type { Rung } from '#src/sfu/bandwidth/rung-choice.ts';

const rungs = ladder(150_000, 800_000, 2_500_000);

function ladder(...rates: readonly number[]): readonly Rung<string>[] {
  return rates.map((bps, i) => ({ bps, activeMs: 60_000, key: `r${i}` }));
}

/** Chooses every 100 ms for some seconds. */
class Rig {
  readonly choice = new RungChoice<string>();
  nowMs = 0;

  run(seconds: number, availableBps: number, congested = false, over = rungs): string | undefined {
    for (const untilMs = this.nowMs + 1000 * seconds; this.nowMs < untilMs; this.nowMs += 100)
      this.choice.choose(over, availableBps, congested, this.nowMs);
    return this.choice.paused ? 'paused' : this.choice.key;
  }
}

test('begins with what fits, otherwise with the smallest', () => {
  expect(new Rig().run(0.1, 1_000_000)).toBe('r1');
  expect(new Rig().run(0.1, 10_000)).toBe('r0');
});

test('a viewer that just came goes up soon, to the largest that fits', () => {
  const rig = new Rig();
  rig.run(0.1, 300_000);
  expect(rig.run(0.2, 3_000_000)).toBe('r0');
  expect(rig.run(0.1, 3_000_000)).toBe('r2');
});

test('once it had to go down, going up takes a second of room', () => {
  const rig = new Rig();
  rig.run(30, 3_000_000);
  rig.run(12, 300_000, true);
  expect(rig.run(1, 3_000_000)).toBe('r0');
  expect(rig.run(0.2, 3_000_000)).toBe('r2');
});

test('goes down at once when the path got worse, and up again only ten seconds later', () => {
  const rig = new Rig();
  rig.run(20, 3_000_000);
  expect(rig.run(0.1, 1_000_000, true)).toBe('r1');
  expect(rig.run(9.5, 3_000_000)).toBe('r1');
  expect(rig.run(1.5, 3_000_000)).toBe('r2');
});

test('a rung that grew for a moment is kept, one that stays too large is left', () => {
  const rig = new Rig();
  rig.run(20, 3_000_000);
  const grown = ladder(150_000, 800_000, 3_500_000);
  expect(rig.run(0.9, 3_000_000, false, grown)).toBe('r2');
  expect(rig.run(1, 3_000_000)).toBe('r2');
  expect(rig.run(1.5, 3_000_000, false, grown)).toBe('r1');
});

test('keeps what just fits: no up without a margin, no down within it', () => {
  const rig = new Rig();
  rig.run(5, 1_000_000);
  expect(rig.run(30, 2_600_000)).toBe('r1');
  expect(rig.run(30, 740_000, true)).toBe('r1');
  expect(rig.run(0.1, 730_000, true)).toBe('r0');
});

describe('a rung that did not last', () => {
  test('is not tried again as soon as others', () => {
    const rig = new Rig();
    rig.run(0.1, 300_000);
    expect(rig.run(3, 1_000_000)).toBe('r1');
    expect(rig.run(0.1, 500_000, true)).toBe('r0');
    expect(rig.run(15, 1_000_000)).toBe('r0');
    expect(rig.run(7, 1_000_000)).toBe('r1');
  });

  test('unless the path has clearly changed', () => {
    const rig = new Rig();
    rig.run(0.1, 300_000);
    rig.run(3, 1_000_000);
    rig.run(0.1, 500_000, true);
    expect(rig.run(11.5, 1_300_000)).toBe('r1');
  });
});

test('pauses when not even the smallest fits for a second, and resumes after a second of room', () => {
  const rig = new Rig();
  rig.run(1, 200_000);
  expect(rig.run(0.9, 50_000, true)).toBe('r0');
  expect(rig.run(0.3, 50_000, true)).toBe('paused');
  expect(rig.run(5, 160_000)).toBe('paused');
  expect(rig.run(0.9, 200_000)).toBe('paused');
  expect(rig.run(0.3, 200_000)).toBe('r0');
});

test('does not pause what arrives without a queue', () => {
  const rig = new Rig();
  rig.run(1, 200_000);
  expect(rig.run(10, 50_000, false)).toBe('r0');
});

test('a rung that vanishes is left at once; one that is new or silent is not chosen', () => {
  const rig = new Rig();
  rig.run(5, 3_000_000);
  expect(rig.run(0.1, 3_000_000, false, rungs.slice(0, 2))).toBe('r1');
  const young = rungs.map((rung, i) => (i === 2 ? { ...rung, activeMs: 500 } : rung));
  expect(rig.run(20, 3_000_000, false, young)).toBe('r1');
  expect(rig.run(20, 3_000_000, false, ladder(150_000, 800_000, 0))).toBe('r1');
  expect(rig.run(0.1, 3_000_000, false, [])).toBeUndefined();
  expect(rig.run(0.1, 3_000_000)).toBe('r2');
});

test('somebody who asked for more gets what fits at once, also soon after a fall; without room nothing changes', () => {
  const rig = new Rig();
  rig.run(20, 3_000_000);
  rig.run(0.1, 1_000_000, true);
  rig.choice.reconsider();
  expect(rig.run(0.1, 1_000_000)).toBe('r1');
  expect(rig.run(2, 3_000_000)).toBe('r1');
  rig.choice.reconsider();
  expect(rig.run(0.1, 3_000_000)).toBe('r2');
});
