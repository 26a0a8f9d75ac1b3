import { expect, it } from 'vitest';
import { ServerClock } from '#public/shared/server-clock.ts';

/** A server whose clock is `offsetMs` ahead and that answers in the middle of the round trip. */
function reading(offsetMs: number, askedMs: number, roundTripMs: number) {
  const servedMs = askedMs + roundTripMs / 2 + offsetMs;
  return { dateMs: Math.floor(servedMs / 1000) * 1000, askedMs, answeredMs: askedMs + roundTripMs };
}

it('knows nothing before the first answer, then half a second either way', () => {
  const clock = new ServerClock();
  expect(clock.offsetMs).toBeUndefined();
  clock.read(reading(0, 10_300, 20));
  expect(clock.uncertaintyMs).toBeCloseTo(510, 0);
});

it.each([0, 137, -2_345, 86_400_123])(
  'finds an offset of %d ms with a few well-timed questions',
  (offsetMs) => {
    const clock = new ServerClock();
    let nowMs = 1_700_000_000_456;
    for (let probe = 0; probe < 8; probe++) {
      clock.read(reading(offsetMs, nowMs, 10));
      nowMs += 10 + clock.nextProbeInMs(nowMs + 10, 10);
    }
    expect(Math.abs((clock.offsetMs ?? Number.NaN) - offsetMs)).toBeLessThanOrEqual(clock.uncertaintyMs + 1);
    expect(clock.uncertaintyMs).toBeLessThan(25);
  },
);

it('starts over when a clock was set', () => {
  const clock = new ServerClock();
  clock.read(reading(0, 5_500, 10));
  clock.read(reading(60_000, 6_500, 10));
  expect(clock.offsetMs).toBeGreaterThan(59_000);
});
