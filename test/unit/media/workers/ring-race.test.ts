import { once } from 'node:events';
import { setImmediate as immediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { guardBytes, sharedRingMemory } from '#src/media/workers/ring-layout.ts';
import { RingReader } from '#src/media/workers/ring-reader.ts';

test('a reader that races the writer never gets a torn record', async () => {
  const memory = sharedRingMemory(2 * guardBytes);
  const reader = new RingReader(memory);
  const workerData = { memory, records: 30_000 };
  const writer = new Worker(new URL('./ring-racer.ts', import.meta.url), { workerData });
  const ended = new AbortController();
  void once(writer, 'exit').then(() => ended.abort());
  let [read, torn, outOfOrder, last, lapses] = [0, 0, 0, -1, 0];
  do {
    await immediate();
    for (let body = reader.next(); body !== undefined; body = reader.next()) {
      read += 1;
      const number = body[0] ?? 0;
      if (body.some((byte) => byte !== number)) torn += 1;
      const isNext = last < 0 || reader.lapses !== lapses || number === ((last + 1) & 0xff);
      if (!isNext) outOfOrder += 1;
      [last, lapses] = [number, reader.lapses];
    }
  } while (!ended.signal.aborted);
  expect(read).toBeGreaterThan(0);
  expect([torn, outOfOrder]).toEqual([0, 0]);
});
