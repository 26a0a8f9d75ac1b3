import { once } from 'node:events';
import { setImmediate as immediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { guardBytes, ringHeadBytes, sharedRingMemory, unitBytes } from '#src/media/workers/ring-layout.ts';
import { RingReader } from '#src/media/workers/ring-reader.ts';
import { RingWriter } from '#src/media/workers/ring-writer.ts';
import { bodyBytes, raceWord, type Race } from './ring-heats.ts';

const ringSize = 2 * guardBytes;
/** So many records leave a reader that sleeps meanwhile with all of them, and so many leave it with none. */
const shortHeat = Math.floor(guardBytes / 2 / bodyBytes.most);
const longHeat = Math.ceil((2 * ringSize) / bodyBytes.least);
const heats = 12;

/** Every byte of a record is its number: one that has two of them was read while it was written. */
function isTorn(body: Uint8Array): boolean {
  return body.some((byte) => byte !== body[0]);
}

test('a reader that races the writer gets whole records in their order, whoever is faster', async () => {
  const memory = sharedRingMemory(ringSize);
  const shared = new SharedArrayBuffer(16);
  const workerData: Race = { memory, words: shared };
  const words = new Int32Array(shared);
  const reader = new RingReader(memory);
  const writer = new Worker(new URL('./ring-racer.ts', import.meta.url), { workerData });
  const exited = once(writer, 'exit');
  const call = (records: number): void => {
    Atomics.store(words, raceWord.records, records);
    Atomics.add(words, raceWord.called, 1);
    Atomics.notify(words, raceWord.called);
  };
  let [read, torn, outOfOrder, last, lapses] = [0, 0, 0, -1, 0];
  const drain = (): void => {
    for (let body = reader.next(); body !== undefined; body = reader.next()) {
      read += 1;
      if (isTorn(body)) torn += 1;
      const number = body[0] ?? 0;
      if (last >= 0 && reader.lapses === lapses && number !== ((last + 1) & 0xff)) outOfOrder += 1;
      [last, lapses] = [number, reader.lapses];
    }
  };
  for (let heat = 1; heat <= heats; heat += 1) {
    call(heat % 2 === 0 ? longHeat : shortHeat);
    do {
      await immediate();
      drain();
    } while (Atomics.load(words, raceWord.run) < heat);
    drain();
  }
  call(0);
  await exited;
  expect(read).toBeGreaterThanOrEqual((heats / 2) * shortHeat);
  expect([torn, outOfOrder]).toEqual([0, 0]);
});

test('a record that is half overwritten is given to nobody', () => {
  const recordBytes = 4_096;
  const memory = sharedRingMemory(ringSize);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  const write = (number: number): void => {
    const at = writer.reserve(recordBytes - unitBytes);
    writer.bytes.fill(number, at, at + recordBytes - unitBytes);
    writer.publish();
  };
  for (let number = 0; number < ringSize / recordBytes; number += 1) write(number & 0x7f);
  const half = recordBytes / 2;
  const at = writer.reserve(recordBytes - unitBytes);
  writer.bytes.fill(0xff, at, at + half);
  // The reader's record lies there with a sound head: its bytes alone would tell.
  expect(isTorn(new Uint8Array(memory, ringHeadBytes + at, recordBytes - unitBytes))).toBe(true);
  expect(reader.next()).toBeUndefined();
  expect(reader.lapses).toBe(1);
  writer.bytes.fill(0xff, at + half, at + recordBytes - unitBytes);
  writer.publish();
  expect(reader.next()).toEqual(new Uint8Array(recordBytes - unitBytes).fill(0xff));
});
