import { workerData } from 'node:worker_threads';
import { RingWriter } from '#src/media/workers/ring-writer.ts';
import { bodyBytes, raceWord, type Race } from './ring-heats.ts';

/** Writes the records of each heat as fast as it can: every byte of a record is its number. */
const { memory, words: shared } = workerData as Race;
const writer = new RingWriter(memory);
const words = new Int32Array(shared);
let number = 0;
for (let heat = 0; ; heat += 1) {
  Atomics.wait(words, raceWord.called, heat);
  const records = Atomics.load(words, raceWord.records);
  if (records === 0) break;
  for (const end = number + records; number < end; number += 1) {
    const bytes = bodyBytes.least + ((number * 37) % (bodyBytes.most - bodyBytes.least));
    const at = writer.reserve(bytes);
    writer.bytes.fill(number & 0xff, at, at + bytes);
    writer.publish();
  }
  Atomics.add(words, raceWord.run, 1);
}
