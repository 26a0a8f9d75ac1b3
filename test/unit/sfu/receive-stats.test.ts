import { describe, expect, test } from 'vitest';
import { ReceiveStats } from '#src/sfu/receive-stats.ts';

function receiving(sequences: readonly number[]): ReceiveStats {
  const stats = new ReceiveStats(0xabc, 90_000);
  for (const sequence of sequences) stats.record(sequence, 0, 0);
  return stats;
}

test('no packet, no report', () => {
  expect(new ReceiveStats(1, 48_000).report(0)).toBeUndefined();
});

describe('loss', () => {
  test('is a share of each interval and a running total', () => {
    const stats = receiving([70_000, 70_001, 70_003]);
    expect(stats.report(0)).toMatchObject({ ssrc: 0xabc, fractionLost: 64, cumulativeLost: 1 });
    for (const sequence of [70_004, 70_005]) stats.record(sequence, 0, 0);
    expect(stats.report(0)).toMatchObject({ fractionLost: 0, cumulativeLost: 1 });
  });

  test('duplicates make the total negative and the share 0', () => {
    expect(receiving([70_000, 70_000, 70_000]).report(0)).toMatchObject({
      fractionLost: 0,
      cumulativeLost: -2,
    });
  });

  test('a first packet that overtook others is no surplus', () => {
    expect(receiving([70_002, 70_000, 70_001]).report(0)).toMatchObject({ cumulativeLost: 0 });
  });

  test('the highest sequence counts cycles from our first packet on', () => {
    expect(receiving([65_536 + 65_535, 131_072]).report(0)?.highestSequence).toBe(0x1_0000);
    expect(receiving([65_536 + 7]).report(0)?.highestSequence).toBe(7);
  });
});

describe('jitter', () => {
  test('an even stream has none', () => {
    const stats = new ReceiveStats(1, 90_000);
    for (let i = 0; i < 50; i += 1) stats.record(70_000 + i, 3000 * i, (100 * i) / 3);
    expect(stats.jitterMs).toBeCloseTo(0, 6);
  });

  test('approaches the mean deviation of arrivals', () => {
    const stats = new ReceiveStats(1, 90_000);
    for (let i = 0; i < 400; i += 1) stats.record(70_000 + i, 9000 * i, 100 * i + (i % 2) * 8);
    expect(stats.jitterMs).toBeCloseTo(8, 1);
    expect(stats.report(0)?.jitter).toBe(Math.floor((stats.jitterMs * 90_000) / 1000));
  });

  test('packets of one frame sent one after the other are no jitter, nor is a pause', () => {
    const stats = new ReceiveStats(1, 90_000);
    for (let i = 0; i < 10; i += 1) stats.record(70_000 + i, 0, i);
    stats.record(70_010, 3000, 100_000);
    expect(stats.jitterMs).toBe(0);
  });

  test('goes on to be measured after a source began its timestamps anew', () => {
    const stats = new ReceiveStats(1, 90_000);
    stats.record(70_000, 2_000_000_000, 0);
    for (let i = 1; i < 600; i += 1) stats.record(70_000 + i, 9000 * i, 100 * i + (i % 2) * 8);
    expect(stats.jitterMs).toBeCloseTo(8, 1);
  });
});

test('answers the last sender report with the time since', () => {
  const stats = receiving([70_000]);
  expect(stats.report(50)).toMatchObject({ lastSenderReport: 0, delaySinceLastSenderReport: 0 });
  stats.noteSenderReport(0x1111_2222, 0x3333_4444, 100);
  expect(stats.report(1100)).toMatchObject({
    lastSenderReport: 0x2222_3333,
    delaySinceLastSenderReport: 65_536,
  });
});
