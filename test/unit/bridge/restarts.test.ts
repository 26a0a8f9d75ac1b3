import { expect, test } from 'vitest';
import { RestartPolicy } from '#src/bridge/restarts.ts';

test('the first failure costs a tenth of a second, each further one twice as much', () => {
  const policy = new RestartPolicy();
  expect(policy.mayStart(0)).toBe(true);
  for (const [atMs, delayMs] of [
    [0, 100],
    [1_000, 200],
    [2_000, 400],
    [3_000, 800],
  ] as const) {
    policy.failed(atMs, 0);
    expect([policy.mayStart(atMs + delayMs - 1), policy.mayStart(atMs + delayMs)]).toEqual([false, true]);
    expect(policy.givenUp(atMs)).toBe(false);
  }
});

test('five failures a minute give up, with a try every half minute', () => {
  const policy = new RestartPolicy();
  for (let i = 0; i < 5; i += 1) policy.failed(i * 1_000, 4_999);
  expect(policy.givenUp(4_000)).toBe(true);
  expect([policy.mayStart(33_999), policy.mayStart(34_000)]).toEqual([false, true]);
});

test('failures that are far apart start over', () => {
  const policy = new RestartPolicy();
  for (let i = 0; i < 10; i += 1) policy.failed(i * 61_000, 0);
  expect(policy.givenUp(9 * 61_000)).toBe(false);
  expect(policy.mayStart(9 * 61_000 + 100)).toBe(true);
});

test('what worked for long is replaced at once, however often it ends', () => {
  const policy = new RestartPolicy();
  for (let i = 0; i < 20; i += 1) {
    policy.failed(i * 9_000, 8_500);
    expect([policy.mayStart(i * 9_000 + 100), policy.givenUp(i * 9_000)]).toEqual([true, false]);
  }
});

test('after it has worked for long, failures are counted anew', () => {
  const policy = new RestartPolicy();
  for (let i = 0; i < 4; i += 1) policy.failed(i * 1_000, 0);
  policy.failed(10_000, 5_000);
  expect([policy.givenUp(10_000), policy.restMs(10_000)]).toEqual([false, 100]);
  for (let i = 1; i < 5; i += 1) policy.failed(10_000 + i * 1_000, 0);
  expect([policy.givenUp(14_000), policy.restMs(14_000)]).toEqual([true, 30_000]);
});
