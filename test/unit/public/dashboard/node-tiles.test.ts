import { expect, it } from 'vitest';
import { NodeRates } from '#public/dashboard/node-tiles.ts';
import { node } from './fixtures.ts';

function counted(bytesIn: number, bytesOut: number, unknown: number) {
  const counters = { datagramsIn: 0, datagramsOut: bytesOut / 1_000, bytesIn, bytesOut, sendErrors: 0 };
  return node({ counters: { ...counters, dropped: { unknown } } });
}

it('turns totals into rates, and takes a restart of the gateway as a new beginning', () => {
  const rates = new NodeRates();
  expect(rates.update(counted(1_000, 5_000, 3), 0)).toMatchObject({ inBps: 0, outBps: 0 });
  expect(rates.update(counted(2_000, 9_000, 23), 2_000)).toEqual({
    inBps: 4_000,
    outBps: 16_000,
    mediaWaitsMs: [1, 1],
    requestWaitsMs: [5, 5],
    packetsOutPerSecond: 2,
    sendErrorsPerSecond: 0,
    lapsesPerSecond: 0,
    droppedPerSecond: { unknown: 10 },
  });
  expect(rates.update(counted(0, 0, 0), 3_000)).toMatchObject({
    inBps: 0,
    outBps: 0,
    droppedPerSecond: { unknown: 0 },
  });
});
