import { expect, test } from 'vitest';
import { isSameInstant, KeyframeLock, type SeenKeyframe } from '#src/bridge/layers/keyframe-lock.ts';

const at = (timestamp: number, capturedMs: number): SeenKeyframe => ({ timestamp, capturedMs });
const second = 90_000;

/** A layer that counts 1000 less than the leader. */
function locked(): KeyframeLock {
  const lock = new KeyframeLock();
  expect(lock.pair([at(second, 1_000)], [at(second - 1_000, 1_010)], 40)).toBe(true);
  return lock;
}

test('the nearest pair of keyframes ties the counts, also over the end of 32 bits', () => {
  const lock = new KeyframeLock();
  expect(lock.pair([at(0, 0)], [at(5, 41)], 40)).toBe(false);
  expect(lock.offset).toBeUndefined();
  const near = [at(0xffff_ff00, 100), at(0xffff_fff0, 1_130), at(50, 1_160)];
  expect(lock.pair([at(100, 1_128)], near, 40)).toBe(true);
  expect(lock.offset).toBe(116);
});

test('keyframes that go on to come in pairs keep it tied, whichever comes first', () => {
  const lock = locked();
  for (let index = 2; index < 40; index += 1) {
    const timestamp = index * second;
    const isLate = index % 2 === 0;
    if (isLate) expect(lock.leaderKeyframe(timestamp)).toBe(true);
    expect(lock.settled(timestamp)).toBe(!isLate);
    expect(lock.picture(timestamp + 1, true)).toBe(true);
    if (!isLate) expect(lock.leaderKeyframe(timestamp)).toBe(true);
    expect(lock.settled(timestamp)).toBe(true);
    expect(lock.picture(timestamp + 3_000, false)).toBe(true);
  }
  expect(lock.offset).toBe(1_000);
});

test('one keyframe that is missing is forgiven, two in a row are not', () => {
  const lock = locked();
  expect(lock.leaderKeyframe(2 * second)).toBe(true);
  expect(lock.picture(2 * second, false)).toBe(true);
  expect(lock.picture(3 * second, true)).toBe(true);
  expect(lock.leaderKeyframe(3 * second)).toBe(true);
  expect(lock.leaderKeyframe(4 * second)).toBe(true);
  expect(lock.leaderKeyframe(5 * second)).toBe(true);
  expect(lock.picture(6 * second, true)).toBe(false);
  expect(lock.offset).toBeUndefined();
});

test('while nothing ties them nothing is judged', () => {
  const lock = new KeyframeLock();
  for (let index = 0; index < 20; index += 1) expect(lock.leaderKeyframe(index * second)).toBe(true);
  expect(lock.picture(100 * second, false)).toBe(true);
  expect(lock.settled(0)).toBe(true);
});

test('a rounding apart is one instant, a picture apart is not', () => {
  expect(isSameInstant(0xffff_ffff, 1)).toBe(true);
  expect(isSameInstant(0, 1_500)).toBe(false);
});
