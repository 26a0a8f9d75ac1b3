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
});
