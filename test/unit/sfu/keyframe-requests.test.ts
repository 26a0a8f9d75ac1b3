import { describe, expect, test } from 'vitest';
import { KeyframeFloor, KeyframeRequests } from '#src/sfu/keyframe-requests.ts';

/** Times at which layer 0 is asked for when somebody looks every 10 ms. */
function askedAt(
  requests: KeyframeRequests,
  untilMs: number,
  each: (nowMs: number) => void = () => undefined,
): number[] {
  const times: number[] = [];
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 10) {
    each(nowMs);
    if (requests.due(nowMs).includes(0)) times.push(nowMs);
  }
  return times;
}

describe('what is known of a publisher', () => {
  const ask = (requests: KeyframeRequests, atMs: number, answeredMs?: number): void => {
    requests.request(0);
    requests.due(atMs);
    if (answeredMs !== undefined) requests.arrived(0, answeredMs);
  };

  test('nothing at first, and one prompt keyframe may be chance', () => {
    const requests = new KeyframeRequests(2);
    expect(requests.hearing).toBe('unknown');
    ask(requests, 0, 80);
    expect(requests.hearing).toBe('unknown');
    ask(requests, 1_000, 1_120);
    expect(requests.hearing).toBe('answers');
    expect(requests.answerMs).toBe(90);
  });

  test('keyframes that nobody asked for say nothing', () => {
    const requests = new KeyframeRequests(1);
    for (let nowMs = 0; nowMs < 10_000; nowMs += 1_000) requests.arrived(0, nowMs);
    expect(requests.hearing).toBe('unknown');
  });

  test('deaf after two repetitions in vain, though keyframes come by themselves', () => {
    const requests = new KeyframeRequests(1);
    for (let nowMs = 0; nowMs <= 3_000; nowMs += 10) ask(requests, nowMs);
    requests.arrived(0, 8_300);
    expect(requests.hearing).toBe('deaf');
    ask(requests, 9_000, 9_050);
    expect(requests.hearing).toBe('unknown');
  });

  test('an answering one that stops is no longer trusted', () => {
    const requests = new KeyframeRequests(1);
    ask(requests, 0, 50);
    ask(requests, 1_000, 1_050);
    ask(requests, 2_000);
    ask(requests, 3_000);
    expect(requests.hearing).toBe('unknown');
  });
});

describe('KeyframeRequests', () => {
  test('a hundred viewers make one request', () => {
    const requests = new KeyframeRequests(1);
    for (let viewer = 0; viewer < 100; viewer += 1) requests.request(0);
    expect(requests.due(5)).toEqual([0]);
    expect(requests.due(6)).toEqual([]);
  });

  test('a publisher that answers at once is asked at most twice a second', () => {
    const requests = new KeyframeRequests(1);
    const times = askedAt(requests, 2000, (nowMs) => {
      requests.arrived(0, nowMs);
      if (nowMs < 2000) requests.request(0);
    });
    expect(times).toEqual([0, 500, 1000, 1500]);
  });

  test('asks a deaf publisher again after a second, then ever more rarely', () => {
    const requests = new KeyframeRequests(1);
    requests.request(0);
    const times = askedAt(requests, 16_000, () => requests.request(0));
    expect(times).toEqual([0, 1000, 3000, 7000, 11_000, 15_000]);
    expect(requests.sent).toBe(6);
  });

  test('stops when the keyframe came, and begins afresh', () => {
    const requests = new KeyframeRequests(1);
    requests.request(0);
    expect(requests.due(0)).toEqual([0]);
    requests.arrived(0, 0);
    expect(requests.due(5000)).toEqual([]);
    requests.request(0);
    expect(requests.due(5000)).toEqual([0]);
    expect(requests.due(5999)).toEqual([]);
    expect(requests.due(6000)).toEqual([0]);
  });

  test('layers share the two requests a second, and only those that exist are asked for', () => {
    const requests = new KeyframeRequests(3);
    requests.request(2);
    requests.request(0);
    requests.request(7);
    requests.arrived(7, 0);
    requests.cancel(7);
    expect(requests.due(0)).toEqual([0, 2]);
    requests.request(1);
    expect(requests.due(499)).toEqual([]);
    expect(requests.due(500)).toEqual([1]);
  });

  test('nobody waiting, nobody asked', () => {
    const requests = new KeyframeRequests(1);
    requests.request(0);
    requests.cancel(0);
    expect(requests.due(0)).toEqual([]);
  });
});

test.each([
  [10, 200],
  [300, 600],
  [2000, 1000],
])('a viewer with a round trip of %i ms is heard every %i ms', (rttMs, floorMs) => {
  const floor = new KeyframeFloor();
  expect(floor.allow(0, rttMs)).toBe(true);
  expect(floor.allow(floorMs - 1, rttMs)).toBe(false);
  expect(floor.allow(floorMs, rttMs)).toBe(true);
});
