import { describe, expect, test } from 'vitest';
import { defaultNackRules, NackGenerator } from '#src/sfu/nack-generator.ts';

function receiving(sequences: readonly number[], nowMs = 0): NackGenerator {
  const nacks = new NackGenerator();
  for (const sequence of sequences) nacks.record(sequence, nowMs);
  return nacks;
}

describe('due', () => {
  test('a loss-free stream asks for nothing', () => {
    const nacks = receiving([65_534, 65_535, 65_536, 65_537]);
    expect(nacks.due(1000, 0)).toEqual([]);
    expect(nacks).toMatchObject({ lost: 0, repaired: 0, requested: 0, missing: 0 });
  });

  test('reordering within the allowance asks for nothing', () => {
    const nacks = receiving([100, 103]);
    expect(nacks.due(9, 0)).toEqual([]);
    nacks.record(102, 9);
    nacks.record(101, 9);
    expect(nacks.due(500, 0)).toEqual([]);
    expect(nacks.repaired).toBe(0);
  });

  test('asks in ascending order, also over the 16-bit wrap', () => {
    const nacks = receiving([131_070, 131_075, 131_077]);
    expect(nacks.due(10, 0)).toEqual([131_071, 131_072, 131_073, 131_074, 131_076]);
  });

  test('asks again after the round trip, not before', () => {
    const nacks = receiving([1, 3]);
    expect(nacks.due(10, 100)).toEqual([2]);
    expect(nacks.due(109, 100)).toEqual([]);
    expect(nacks.due(110, 100)).toEqual([2]);
  });

  test('a repaired packet is not asked for again and is counted', () => {
    const nacks = receiving([1, 4]);
    expect(nacks.due(10, 20)).toEqual([2, 3]);
    nacks.record(2, 25);
    nacks.record(2, 26);
    expect(nacks.due(30, 20)).toEqual([3]);
    expect(nacks).toMatchObject({ repaired: 1, lost: 0, requested: 3 });
  });

  test('gives up after ten tries', () => {
    const nacks = receiving([1, 3]);
    let tries = 0;
    for (let nowMs = 10; nowMs < 400; nowMs += 5) tries += nacks.due(nowMs, 0).length;
    expect(tries).toBe(10);
    expect(nacks).toMatchObject({ lost: 1, missing: 0 });
  });

  test('gives up after a second, however few the tries', () => {
    const nacks = receiving([1, 3]);
    let tries = 0;
    for (let nowMs = 10; nowMs <= 1000; nowMs += 10) tries += nacks.due(nowMs, 400).length;
    expect(tries).toBe(3);
    expect(nacks.lost).toBe(1);
  });
});

describe('bounds', () => {
  test('a gap beyond the window is not repaired: it takes a keyframe', () => {
    const nacks = receiving([1, 3, 5 + defaultNackRules.window]);
    expect(nacks.due(10, 0)).toEqual([]);
    expect(nacks).toMatchObject({ resets: 1, missing: 0, lost: 2 + defaultNackRules.window });
  });

  test('many small gaps drop the oldest holes', () => {
    const nacks = new NackGenerator();
    for (let sequence = 0; sequence < 2000; sequence += 2) nacks.record(sequence, 0);
    expect(nacks.missing).toBe(defaultNackRules.window);
    expect(nacks.due(10, 0)[0]).toBe(1999 - 2 * defaultNackRules.window);
    expect(nacks.lost).toBe(999 - defaultNackRules.window);
  });
});

test('a keyframe makes what went before it useless', () => {
  const nacks = receiving([1, 3, 5]);
  nacks.forgetBefore(4);
  expect(nacks.due(10, 0)).toEqual([4]);
  expect(nacks.lost).toBe(1);
});
