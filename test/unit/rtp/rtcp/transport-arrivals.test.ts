import { describe, expect, test } from 'vitest';
import { TransportArrivals } from '#src/rtp/rtcp/transport-arrivals.ts';
import { RtcpWriter } from '#src/rtp/rtcp/writer.ts';
import { readAll } from './recorder.ts';

/** All pending feedback as it reads on the other side: [sequence, arrival in ms or undefined]. */
function feedback(arrivals: TransportArrivals): (readonly [number, number | undefined])[] {
  const statuses: (readonly [number, number | undefined])[] = [];
  let referenceMs = 0;
  for (let messages = 0; arrivals.pending && messages < 100; messages += 1) {
    const writer = new RtcpWriter(1, 'x');
    writer.begin();
    if (!writer.transportFeedback(2, arrivals)) break;
    const { found, problem } = readAll(writer.end());
    expect(problem).toBeUndefined();
    for (const [name, first, second] of found) {
      if (name === 'transportFeedback') referenceMs = (first as { referenceTimeMs: number }).referenceTimeMs;
      else if (name === 'transportStatus')
        statuses.push([
          first as number,
          second === undefined ? undefined : referenceMs + (second as number) / 1000,
        ]);
    }
  }
  return statuses;
}

test('reports what came and what did not, once', () => {
  const arrivals = new TransportArrivals();
  arrivals.record(65_534, 1000);
  arrivals.record(65_535, 1000.25);
  arrivals.record(2, 1300);
  expect(feedback(arrivals)).toEqual([
    [65_534, 1000],
    [65_535, 1000.25],
    [0, undefined],
    [1, undefined],
    [2, 1300],
  ]);
  expect(arrivals.pending).toBe(false);
  expect(feedback(arrivals)).toEqual([]);
});

test('a lost packet that comes after its report is reported again as received', () => {
  const arrivals = new TransportArrivals();
  arrivals.record(10, 1000);
  arrivals.record(12, 1010);
  feedback(arrivals);
  arrivals.record(11, 1020);
  expect(feedback(arrivals)).toEqual([
    [11, 1020],
    [12, 1010],
  ]);
});

test('the first arrival of a number counts', () => {
  const arrivals = new TransportArrivals();
  arrivals.record(10, 1000);
  arrivals.record(10, 2000);
  expect(feedback(arrivals)).toEqual([[10, 1000]]);
});

test('what was lost between two messages is reported by the second', () => {
  const arrivals = new TransportArrivals();
  arrivals.record(10, 1000);
  feedback(arrivals);
  arrivals.record(13, 1100);
  expect(feedback(arrivals)).toEqual([
    [11, undefined],
    [12, undefined],
    [13, 1100],
  ]);
});

test('a packet that came before the one that came first is reported too', () => {
  const arrivals = new TransportArrivals();
  arrivals.record(0, 1000);
  arrivals.record(65_534, 1001);
  expect(feedback(arrivals)).toEqual([
    [65_534, 1001],
    [65_535, undefined],
    [0, 1000],
  ]);
});

describe('every form of chunk', () => {
  test.each([
    ['long runs', (i: number) => i],
    ['large gaps in time', (i: number) => i * 100],
    ['out of order', (i: number) => i - (i % 2) * 3],
    ['mixed', (i: number) => i + (i % 11 === 0 ? 70 : 0)],
  ])('%s', (_name, offsetMs) => {
    const arrivals = new TransportArrivals();
    const expected: [number, number | undefined][] = [];
    for (let i = 0; i < 1000; i += 1) {
      const came = i % 13 !== 5 && !(i > 300 && i < 330);
      const arrivedMs = 6_400_000 + offsetMs(i);
      if (came) arrivals.record(60_000 + i, arrivedMs);
      expected.push([(60_000 + i) & 0xffff, came ? arrivedMs : undefined]);
    }
    const reported = new Map(feedback(arrivals));
    for (const [sequence, arrivedMs] of expected) expect(reported.get(sequence)).toBe(arrivedMs);
  });
});

test('a pause longer than a delta can say begins a new message', () => {
  const arrivals = new TransportArrivals();
  arrivals.record(1, 1000);
  arrivals.record(2, 20_000);
  expect(feedback(arrivals)).toEqual([
    [1, 1000],
    [2, 20_000],
  ]);
});

test('a jump of sequence numbers is bounded by the ring', () => {
  const arrivals = new TransportArrivals();
  arrivals.record(0, 1000);
  arrivals.record(30_000, 1001);
  const statuses = feedback(arrivals);
  expect(statuses.at(-1)).toEqual([30_000, 1001]);
  expect(statuses).toHaveLength(201);
  arrivals.record(1000, 1002);
  expect(arrivals.pending).toBe(false);
});

test('too little room writes nothing and forgets nothing', () => {
  const arrivals = new TransportArrivals();
  arrivals.record(1, 1000);
  expect(arrivals.writeInto(new Uint8Array(999))).toBe(0);
  expect(arrivals.pending).toBe(true);
});
