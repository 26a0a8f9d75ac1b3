import { expect, it } from 'vitest';
import { estimateWebrtcLatency, rateOf } from '#public/player/webrtc-latency.ts';

const before = {
  jitterBufferDelay: 10,
  jitterBufferEmittedCount: 1_000,
  totalDecodeTime: 2,
  framesDecoded: 1_000,
};

it('adds half the round trip, the buffer and decoding of the last interval, and half a frame', () => {
  const now = {
    jitterBufferDelay: 11.2,
    jitterBufferEmittedCount: 1_030,
    totalDecodeTime: 2.15,
    framesDecoded: 1_030,
  };
  const estimate = estimateWebrtcLatency(before, now, 0.03, 30);
  expect(estimate?.ms).toBeCloseTo(15 + 40 + 5 + 16.7, 0);
});

it('is silent without frames or without a round trip, and after counters started over', () => {
  expect(estimateWebrtcLatency(before, before, 0.03, 30)).toBeUndefined();
  expect(estimateWebrtcLatency(undefined, before, undefined, 30)).toBeUndefined();
  const over = { jitterBufferDelay: 0.1, jitterBufferEmittedCount: 5 };
  expect(estimateWebrtcLatency(before, over, 0.03, 30)).toBeUndefined();
});

it('makes rates only from growing totals', () => {
  expect(rateOf(100, 300, 2_000)).toBe(100);
  expect(rateOf(undefined, 300, 2_000)).toBeUndefined();
  expect(rateOf(300, 100, 2_000)).toBeUndefined();
  expect(rateOf(100, 300, 0)).toBeUndefined();
});
