import { expect, test } from 'vitest';
import { FirstSounds } from '#src/bridge/sounds/first-sounds.ts';

function rig(): { first: FirstSounds; done: number[]; pass: (...numbers: readonly number[]) => void } {
  const done: number[] = [];
  const first = new FirstSounds();
  const pass = (...numbers: readonly number[]): void => {
    for (const number of numbers) first.pass(() => done.push(number));
  };
  return { first, done, pass };
}

test('the beginning waits until every sound has sent, and then goes on in order', () => {
  const { first, done, pass } = rig();
  first.arm();
  pass(1);
  first.begins(false, 1_000);
  pass(2, 3);
  expect([first.holding, done]).toEqual([true, [1]]);
  first.look(false, 1_100);
  expect(first.holding).toBe(true);
  first.look(true, 1_120);
  pass(4);
  expect([first.holding, done]).toEqual([false, [1, 2, 3, 4]]);
});

test('it does not wait for long, and not again before another publisher comes', () => {
  const { first, done, pass } = rig();
  first.arm();
  first.begins(false, 1_000);
  pass(1);
  first.look(false, 1_300);
  expect(done).toEqual([1]);
  first.begins(false, 5_000);
  expect(first.holding).toBe(false);
  first.arm();
  first.begins(false, 6_000);
  expect(first.holding).toBe(true);
});

test('nothing is held where all are there, or where nobody waits', () => {
  const { first, done, pass } = rig();
  first.begins(false, 0);
  first.arm();
  first.begins(true, 1_000);
  pass(1);
  expect([first.holding, done]).toEqual([false, [1]]);
});

test('what is held is bounded, and handed on when the next publisher comes', () => {
  const { first, done, pass } = rig();
  first.arm();
  first.begins(false, 0);
  pass(...Array.from({ length: 512 }, (_, index) => index));
  expect(done).toHaveLength(0);
  pass(512);
  expect(done).toHaveLength(513);
  first.arm();
  first.begins(false, 0);
  pass(600);
  first.arm();
  expect(done.at(-1)).toBe(600);
});
