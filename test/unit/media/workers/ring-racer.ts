import { workerData } from 'node:worker_threads';
import { RingWriter } from '#src/media/workers/ring-writer.ts';

/** A thread that writes as fast as it can: every byte of a record is its number. */
const { memory, records } = workerData as { readonly memory: SharedArrayBuffer; readonly records: number };
const writer = new RingWriter(memory);
for (let number = 0; number < records; number++) {
  const bytes = 400 + ((number * 37) % 900);
  const at = writer.reserve(bytes);
  writer.bytes.fill(number & 0xff, at, at + bytes);
  writer.publish();
}
