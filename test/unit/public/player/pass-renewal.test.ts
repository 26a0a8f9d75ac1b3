import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { passRenewalMs } from '#public/player/pass-renewal.ts';

describe('when a pass is renewed', () => {
  it('after half of its time at the earliest, with a fifth left at the latest', () => {
    expect(passRenewalMs(600_000, 0)).toBe(300_000);
    expect(passRenewalMs(600_000, 1)).toBe(480_000);
  });

  it('never at once and never by a timer that cannot be set, whatever a wrong clock makes of it', () => {
    for (const remainingMs of [-86_400_000, 0, 1_000]) expect(passRenewalMs(remainingMs, 0.5)).toBe(10_000);
    expect(passRenewalMs(1e12, 0.5)).toBe(2 ** 31 - 1);
  });

  it('before it ends, for every pass that lasts a while', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20_000, max: 86_400_000 }),
        fc.double({ min: 0, max: 1 }),
        (ms, random) => {
          expect(Number.isNaN(random) ? 0 : passRenewalMs(ms, random)).toBeLessThan(ms);
        },
      ),
    );
  });
});
