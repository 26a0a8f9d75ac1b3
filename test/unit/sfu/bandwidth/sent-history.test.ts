import { expect, test } from 'vitest';
import { SentHistory } from '#src/sfu/bandwidth/sent-history.ts';

const nowMs = 1_790_000_000_000;

test('numbers count up from the first and wrap after 65,535', () => {
  const history = new SentHistory(65_534);
  expect([0, 1, 2, 3].map(() => history.sent(100, nowMs, 0))).toEqual([65_534, 65_535, 0, 1]);
});

test('tells of each packet what was sent, when to a sixteenth of a millisecond, and in which cluster', () => {
  const history = new SentHistory();
  history.sent(1200, nowMs + 0.25, 0);
  const second = history.sent(77, nowMs + 5.5, 9);
  const slot = history.find(second);
  expect([history.bytes(slot), history.sentMs(slot), history.cluster(slot)]).toEqual([77, nowMs + 5.5, 9]);
  expect(history.sentMs(history.find(0))).toBe(nowMs + 0.25);
});

test('knows nothing of numbers never sent or long gone', () => {
  const history = new SentHistory(10);
  expect(history.find(10)).toBe(-1);
  history.sent(100, nowMs, 0);
  expect(history.find(10)).toBe(10);
  expect(history.find(11)).toBe(-1);
  expect(history.find(9)).toBe(-1);
  for (let i = 0; i < 2048; i += 1) history.sent(100, nowMs, 0);
  expect(history.find(10)).toBe(-1);
  expect(history.find(11)).toBe(11);
});

test('a fate told twice is news once; what was lost may still come', () => {
  const history = new SentHistory();
  const slot = history.find(history.sent(100, nowMs, 0));
  expect([history.markLost(slot), history.markLost(slot), history.lost(slot)]).toEqual([true, false, true]);
  expect([history.markAcked(slot), history.markAcked(slot), history.markLost(slot)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(history.lost(slot)).toBe(false);
});

test('a slot that is used again has forgotten the old packet', () => {
  const history = new SentHistory();
  history.markAcked(history.find(history.sent(100, nowMs, 3)));
  for (let i = 0; i < 2048; i += 1) history.sent(200, nowMs + 1, 0);
  const slot = history.find(2048);
  expect([history.bytes(slot), history.cluster(slot), history.markAcked(slot)]).toEqual([200, 0, true]);
});
