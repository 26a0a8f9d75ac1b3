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
    const taken = Array.from({ length: 2_000 }, (_, i) => guard.take(i, 0, 0)).filter(Boolean);
    expect(taken).toHaveLength(500);
    expect(guard.take(1, 1_000, 0)).toBe(true);
  });
});
