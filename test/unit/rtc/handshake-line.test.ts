import { expect, test } from 'vitest';
import { HandshakeLine } from '#src/rtc/handshake-line.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('one datagram a turn of the event loop, in their order, so that others get theirs in between', async () => {
  using line = new HandshakeLine();
  const done: string[] = [];
  for (const name of ['a', 'b', 'c']) line.add(() => done.push(name));
  expect(done).toEqual([]);
  for (let i = 1; i <= 3; i += 1) {
    await turn();
    expect(done).toHaveLength(i);
  }
  line.add(() => done.push('d'));
  await turn();
  expect(done).toEqual(['a', 'b', 'c', 'd']);
});

test('work may add work', async () => {
  using line = new HandshakeLine();
  const done: number[] = [];
  line.add(() => {
    done.push(1);
    line.add(() => done.push(2));
  });
  await turn();
  await turn();
  expect(done).toEqual([1, 2]);
});

test('the line is bounded, and a long one keeps its order', async () => {
  using line = new HandshakeLine();
  const done: number[] = [];
  for (let i = 0; i < 5_000; i += 1) line.add(() => done.push(i));
  expect(line.dropped).toBe(5_000 - 4_096);
  for (let i = 0; i < 100; i += 1) await turn();
  for (let i = 0; i < 50; i += 1) line.add(() => done.push(10_000 + i));
  while (done.length < 4_146) await turn();
  expect(done).toEqual([...Array(4_096).keys(), ...[...Array(50).keys()].map((i) => 10_000 + i)]);
});

test('closed, it works on nothing more', async () => {
  const line = new HandshakeLine();
  const done: number[] = [];
  line.add(() => done.push(1));
  line[Symbol.dispose]();
  await turn();
  expect(done).toEqual([]);
});
