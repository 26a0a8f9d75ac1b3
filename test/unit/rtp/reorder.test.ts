import { beforeEach, describe, expect, test } from 'vitest';
import { ReorderBuffer } from '#src/rtp/reorder.ts';

const log: string[] = [];
let buffer: ReorderBuffer<{ readonly sequence: number }>;

beforeEach(() => {
  log.length = 0;
  buffer = new ReorderBuffer(
    { holdMs: 100, holdPackets: 5 },
    {
      packet: ({ sequence }) => log.push(String(sequence)),
      hole: (first, count) => log.push(`hole ${first}+${count}`),
    },
  );
});

function push(...sequences: number[]): void {
  for (const sequence of sequences) buffer.push({ sequence }, 0);
}

test('packets in order go straight through', () => {
  push(7, 8, 9);
  expect(log).toEqual(['7', '8', '9']);
  expect(buffer.held).toBe(0);
});

test('out of order ones are put back', () => {
  push(7, 10, 8, 11, 9);
  expect(log).toEqual(['7', '8', '9', '10', '11']);
  expect(buffer).toMatchObject({ held: 0, late: 0, missing: 0 });
});

describe('giving up a hole', () => {
  test('when a packet has waited long enough', () => {
    push(7, 9);
    buffer.push({ sequence: 12 }, 50);
    buffer.expire(99);
    expect(log).toEqual(['7']);
    buffer.expire(100);
    expect(log).toEqual(['7', 'hole 8+1', '9']);
    buffer.expire(149);
    expect(log).toHaveLength(3);
    buffer.expire(150);
    expect(log.slice(3)).toEqual(['hole 10+2', '12']);
    expect(buffer.missing).toBe(3);
  });

  test('when a new packet shows that time went by', () => {
    push(7, 9);
    buffer.push({ sequence: 10 }, 200);
    expect(log).toEqual(['7', 'hole 8+1', '9', '10']);
  });

  test('when too many wait', () => {
    push(7, 9, 10, 11, 12, 13);
    expect(log).toEqual(['7']);
    push(14);
    expect(log).toEqual(['7', 'hole 8+1', '9', '10', '11', '12', '13', '14']);
  });
});

test('late and doubled packets are dropped and counted', () => {
  push(7, 9, 9);
  buffer.expire(100);
  push(8, 7);
  expect(log).toEqual(['7', 'hole 8+1', '9']);
  expect(buffer.late).toBe(3);
});

test('flush releases everything, reset forgets everything', () => {
  push(7, 9, 11);
  buffer.flush();
  expect(log).toEqual(['7', 'hole 8+1', '9', 'hole 10+1', '11']);
  push(20);
  buffer.reset();
  push(3, 4);
  expect(buffer.held).toBe(0);
  expect(log.slice(5)).toEqual(['3', '4']);
});
