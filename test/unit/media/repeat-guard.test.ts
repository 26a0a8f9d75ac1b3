import { describe, expect, it } from 'vitest';
import { RepeatGuard } from '#src/media/repeat-guard.ts';

describe('RepeatGuard', () => {
  it('holds back what was just sent again, and only that', () => {
    const guard = new RepeatGuard();
    expect(guard.take(7, 100, 20)).toBe(true);
    expect(guard.take(7, 119, 20)).toBe(false);
    expect(guard.take(8, 119, 20)).toBe(true);
    expect(guard.take(7, 120, 20)).toBe(true);
  });

  it('sends 500 repetitions in a second at most', () => {
    const guard = new RepeatGuard();
    const taken = Array.from({ length: 2_000 }, (_, i) => guard.hears(0) && guard.take(i, 0, 0)).filter(
      Boolean,
    );
    expect(taken).toHaveLength(500);
    expect(guard.hears(999)).toBe(false);
    expect(guard.hears(1_000)).toBe(true);
  });

  it('looks at 4,000 requests in a second at most, whether or not they find something', () => {
    const guard = new RepeatGuard();
    const heard = Array.from({ length: 20_000 }, () => guard.hears(5)).filter(Boolean);
    expect(heard).toHaveLength(4_000);
    expect(guard.hears(1_005)).toBe(true);
  });

  it('leaves most of a narrow path to the media, after a burst', () => {
    const guard = new RepeatGuard();
    let bytes = 0;
    for (let nowMs = 0; nowMs < 4_000; nowMs += 5) {
      if (!guard.fits(1_000_000, nowMs)) continue;
      guard.spent(1_000);
      bytes += 1_000;
    }
    expect(bytes).toBeGreaterThan(31_000 + 120_000);
    expect(bytes).toBeLessThan(31_000 + 130_000);
  });

  it('knows no such bound where nobody tells what the path carries', () => {
    const guard = new RepeatGuard();
    guard.spent(1_000_000);
    expect(guard.fits(0, 5)).toBe(true);
  });
});
