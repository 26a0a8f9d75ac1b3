import { expect, test } from 'vitest';
import { KeyframeCadence } from '#src/bridge/keyframe-cadence.ts';

/** Times at which it asks, looked at every 100 ms; the publisher answers after `answerMs` when that is given. */
function ask(cadence: KeyframeCadence, untilMs: number, answerMs?: number): number[] {
  const asked: number[] = [];
  let answerAt = Infinity;
  for (let nowMs = 0; nowMs < untilMs; nowMs += 100) {
    if (nowMs >= answerAt) {
      cadence.keyframe(nowMs);
      answerAt = Infinity;
    }
    if (cadence.due(nowMs)) {
      asked.push(nowMs);
      if (answerMs !== undefined) answerAt = nowMs + answerMs;
    }
  }
  return asked;
}

test('a publisher without keyframes of its own is asked once per segment', () => {
  const cadence = new KeyframeCadence(2_000);
  cadence.keyframe(-100);
  const asked = ask(cadence, 20_000, 100);
  const gaps = asked.slice(2).map((atMs, index) => atMs - (asked[index + 1] ?? 0));
  expect(gaps.every((gap) => gap === 2_100)).toBe(true);
  expect(asked.length).toBeGreaterThanOrEqual(8);
});

test('a publisher that sends keyframes by itself in time is never asked', () => {
  const cadence = new KeyframeCadence(2_000);
  const asked: number[] = [];
  for (let nowMs = 0; nowMs < 20_000; nowMs += 100) {
    if (nowMs % 2_000 === 0) cadence.keyframe(nowMs);
    if (cadence.due(nowMs)) asked.push(nowMs);
  }
  expect(asked).toEqual([]);
});

test('a deaf publisher is asked rarely', () => {
  const cadence = new KeyframeCadence(2_000);
  cadence.keyframe(-10_000);
  expect(ask(cadence, 60_000).length).toBeLessThanOrEqual(5);
});

test('what cannot go on asks at once, then every second, then every five', () => {
  const cadence = new KeyframeCadence(2_000);
  cadence.want();
  expect(ask(cadence, 13_000)).toEqual([0, 1_000, 2_000, 7_000, 12_000]);
});
