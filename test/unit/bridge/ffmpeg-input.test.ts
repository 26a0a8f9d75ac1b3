import { expect, test } from 'vitest';
import { FfmpegInput, type InputProcess } from '#src/bridge/ffmpeg-input.ts';

/** Notes what each write held; every block is one byte that names it. */
class Pretender implements InputProcess {
  readonly writes: (readonly number[])[] = [];
  bufferedBytes = 0;

  write(...blocks: readonly Uint8Array[]): void {
    this.writes.push(blocks.map(([name = 0]) => name));
  }
}

const block = (name: number, sizeBytes = 1): Uint8Array => new Uint8Array(sizeBytes).fill(name);

function begun(): { readonly input: FfmpegInput; readonly process: Pretender } {
  const process = new Pretender();
  const input = new FfmpegInput();
  input.begin(process);
  return { input, process };
}

test('sound goes out in front of the picture behind it, in one write', () => {
  const { input, process } = begun();
  input.send(block(1));
  input.hold(block(2), 0);
  input.hold(block(3), 20);
  expect(process.writes).toEqual([[1]]);
  input.send(block(4), block(5));
  expect(process.writes).toEqual([[1], [2, 3, 4, 5]]);
});

test('without pictures sound waits 40 ms, whatever the length of its packets', () => {
  const { input, process } = begun();
  for (let index = 0; index < 6; index++) input.hold(block(index), 1_000 + index * 20);
  expect(process.writes).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ]);
  input.hold(block(6), 2_000);
  input.hold(block(7), 2_060);
  expect(process.writes.at(-1)).toEqual([6, 7]);
});

test('everything is kept until the process is there, and then goes out at once', () => {
  const process = new Pretender();
  const input = new FfmpegInput();
  input.send(block(1, 100));
  input.hold(block(2, 10), 0);
  input.send(block(3, 1));
  expect(input.backlogBytes).toBe(111);
  input.begin(process);
  expect(process.writes).toEqual([[1, 2, 3]]);
  expect(input.backlogBytes).toBe(0);
});

test('what waits and what the process has not taken is the backlog; the end leaves nothing behind', () => {
  const { input, process } = begun();
  process.bufferedBytes = 7;
  input.hold(block(1, 5), 0);
  expect(input.backlogBytes).toBe(12);
  input.flush();
  input.flush();
  expect(process.writes).toEqual([[1]]);
  expect(input.backlogBytes).toBe(7);
});

test('what is excused counts no more, and what comes behind it does; once it is gone, everything counts', () => {
  const { input, process } = begun();
  process.bufferedBytes = 1_000;
  input.excuse();
  expect(input.backlogBytes).toBe(0);
  process.bufferedBytes = 1_300;
  expect(input.backlogBytes).toBe(300);
  process.bufferedBytes = 100;
  expect(input.backlogBytes).toBe(0);
  process.bufferedBytes = 600;
  expect(input.backlogBytes).toBe(500);
});
