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
      requests.arrived(0);
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
    requests.arrived(0);
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
    requests.arrived(7);
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
