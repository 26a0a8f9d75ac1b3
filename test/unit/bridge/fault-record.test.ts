import { expect, test } from 'vitest';
import { EncoderNeed } from '#src/bridge/encoder-need.ts';
import { FaultRecord } from '#src/bridge/fault-record.ts';

const works = { bytesOut: 1, gone: false };
const silent = { bytesOut: 0, gone: false };

test('a stream waits, runs, comes back and runs again', () => {
  const faults = new FaultRecord();
  expect(faults.stateOf(undefined, 0)).toBe('waiting');
  expect(faults.stateOf(silent, 0)).toBe('running');
  expect(faults.stateOf({ ...works, gone: true }, 0)).toBe('restarting');
  faults.lost(works, 'killed', 1_000);
  expect([faults.stateOf(undefined, 1_000), faults.problemOf(undefined)]).toEqual(['restarting', 'killed']);
  expect([faults.mayStart(1_099), faults.mayStart(1_100)]).toEqual([false, true]);
  expect([faults.stateOf(silent, 1_100), faults.problemOf(silent)]).toEqual(['restarting', 'killed']);
  expect([faults.stateOf(works, 1_200), faults.problemOf(works)]).toEqual(['running', undefined]);
  expect(faults.count).toBe(1);
});

test('a process that worked and ended as it should leaves no problem; one that did not, does', () => {
  const faults = new FaultRecord();
  faults.lost(silent, 'missing', 0);
  faults.ended(silent);
  expect(faults.problemOf(undefined)).toBe('missing');
  faults.ended(works);
  expect(faults.problemOf(undefined)).toBeUndefined();
  expect(faults.stateOf(undefined, 0)).toBe('waiting');
});

test('two in a row without output are suspicious, five in a minute are enough', () => {
  const faults = new FaultRecord();
  faults.lost(silent, 'broken', 0);
  expect(faults.isFruitless).toBe(false);
  faults.lost(silent, 'broken', 1_000);
  expect(faults.isFruitless).toBe(true);
  faults.lost(works, 'killed', 2_000);
  expect(faults.isFruitless).toBe(false);
  faults.lost(works, 'killed', 3_000);
  faults.lost(works, 'killed', 4_000);
  expect(faults.stateOf(undefined, 4_000)).toBe('failed');
  expect(faults.mayStart(20_000)).toBe(false);
});

test('a process that gave media for seconds is no failure that adds up; one that gave some at its end is', () => {
  const faults = new FaultRecord();
  for (let i = 0; i < 6; i += 1) {
    const process = { ...works };
    faults.look(process, i * 9_000);
    faults.look(process, i * 9_000 + 8_000);
    faults.lost(process, 'killed', i * 9_000 + 8_000);
    expect(faults.obstacle(undefined, i * 9_000 + 8_000)).toEqual({
      ...{ code: 'ffmpeg-restarting', retryAfterMs: 100 },
    });
  }
  for (let i = 0; i < 5; i += 1) {
    const process = { bytesOut: 0, gone: false };
    faults.look(process, 60_000 + i * 9_000);
    process.bytesOut = 1;
    faults.look(process, 60_000 + i * 9_000 + 8_000);
    faults.lost(process, 'hung', 60_000 + i * 9_000 + 8_000);
  }
  expect(faults.stateOf(undefined, 104_000)).toBe('failed');
});

test('those that wait are told what is in the way', () => {
  const faults = new FaultRecord();
  expect(faults.obstacle(undefined, 0)).toBeUndefined();
  for (let i = 0; i < 5; i += 1) faults.lost(silent, 'broken', i * 1_000);
  expect(faults.obstacle(silent, 14_000)).toEqual({ code: 'ffmpeg-failed', retryAfterMs: 20_000 });
  expect(faults.obstacle(works, 14_000)).toBeUndefined();
});

test('what must be encoded is refused while nothing can be, and no longer', () => {
  const encoder: { lack: string | undefined } = { lack: 'no encoder' };
  const faults = new FaultRecord(new EncoderNeed(encoder));
  expect(faults.need.allows({ codec: 'vp8' }, { passthrough: false })).toBe(false);
  expect(faults.report(undefined, 0)).toEqual({
    ...{ state: 'failed', restarts: 0, problem: 'LL-HLS needs VP8 encoded anew, and no encoder' },
  });
  expect(faults.obstacle(undefined, 0)?.code).toBe('ffmpeg-no-encoder');
  encoder.lack = undefined;
  expect(faults.report(undefined, 0)).toEqual({ state: 'waiting', restarts: 0, problem: undefined });
  expect(faults.obstacle(undefined, 0)).toBeUndefined();
});
