import { expect, test } from 'vitest';

import { JoinQueue } from '#src/rtc/join-queue.ts';

const never = new AbortController().signal;
class HandClock {
  now = 1_000;
  nowMs(): number {
    return this.now;
  }
  wallMs(): number {
    return this.now;
  }
}
const limits = { timeoutMs: 2_000, maxWaiting: 100 };

test('one join a turn of the event loop, in their order', async () => {
  const queue = new JoinQueue(limits, new HandClock());
  const started: number[] = [];
  const turns: number[] = [];
  let turn = 0;
  const ticking = (): void => {
    turn += 1;
    if (turn < 20) setImmediate(ticking);
  };
  ticking();
  await Promise.all(
    [1, 2, 3].map(async (id) => {
      await queue.turn(never);
      started.push(id);
      turns.push(turn);
    }),
  );
  expect(started).toEqual([1, 2, 3]);
  expect(new Set(turns).size).toBe(3);
});

test('who waited too long is refused with 503 and a time to come back; the next one begins', async () => {
  const clock = new HandClock();
  const queue = new JoinQueue(limits, clock);
  const late = queue.turn(never);
  clock.now += 2_001;
  const next = queue.turn(never);
  await expect(late).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'negotiation-timeout',
    retryAfterMs: 2_000,
  });
  await expect(next).resolves.toBeUndefined();
});

test('a client that leaves gives up its place', async () => {
  const queue = new JoinQueue(limits, new HandClock());
  const leaving = new AbortController();
  const left = queue.turn(leaving.signal);
  leaving.abort(new Error('the client left'));
  await expect(left).rejects.toThrow('the client left');
  await expect(queue.turn(leaving.signal)).rejects.toThrow('the client left');
  await expect(queue.turn(never)).resolves.toBeUndefined();
});

test('the line is bounded', async () => {
  const queue = new JoinQueue({ timeoutMs: 2_000, maxWaiting: 2 }, new HandClock());
  const waiting = [queue.turn(never), queue.turn(never)];
  await expect(queue.turn(never)).rejects.toMatchObject({ code: 'rtc-full' });
  await Promise.all(waiting);
});
