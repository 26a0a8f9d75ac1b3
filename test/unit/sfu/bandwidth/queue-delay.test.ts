import { expect, test } from 'vitest';
import { QueueDelay } from '#src/sfu/bandwidth/queue-delay.ts';
import { dice } from './simulator.ts';

/** Packets every 10 ms with a delay on top of clocks that disagree by an hour; whether a queue was seen. */
function seen(queue: QueueDelay, fromMs: number, toMs: number, delayMs: (atMs: number) => number): boolean {
  let any = false;
  for (let atMs = fromMs; atMs < toMs; atMs += 10) {
    queue.add(atMs, atMs + 3_600_000 + delayMs(atMs));
    any ||= queue.standing;
  }
  return any;
}

test('a queue that grows is seen within a third of a second', () => {
  const queue = new QueueDelay();
  expect(seen(queue, 0, 5000, () => 25)).toBe(false);
  expect(seen(queue, 5000, 5350, (atMs) => 25 + (atMs - 5000) / 4)).toBe(true);
});

test('jitter is no queue', () => {
  const random = dice(3);
  const queue = new QueueDelay();
  seen(queue, 0, 1000, () => 25 + 60 * random());
  expect(seen(queue, 1000, 60_000, () => 25 + 60 * random())).toBe(false);
});

test('what one large frame left is no queue while it drains', () => {
  const queue = new QueueDelay();
  seen(queue, 0, 4000, () => 25);
  expect(seen(queue, 4000, 4600, (atMs) => 25 + Math.max(0, 170 - (atMs - 4000) / 2))).toBe(false);
});

test('a longer route is a queue only until it is known', () => {
  const queue = new QueueDelay();
  seen(queue, 0, 5000, () => 25);
  expect(seen(queue, 5000, 6000, () => 75)).toBe(true);
  seen(queue, 6000, 30_000, () => 75);
  expect(queue.standing).toBe(false);
});
